//! The pointer, fingers, and what they lead.

use wayline::server;
use wayline_desktop::{Action, Scroll, Touch};
use wayline_desktop_wayland as wayland;
use wayline_desktop_wayland::protocol::*;

use super::rig::{LEFT, Rig, Window, twins};

fn seat(rig: &mut Rig, guest: usize) -> (WlSeat, WlPointer) {
    let guest = &mut rig.guests[guest];
    let seat: WlSeat = guest.bind();
    (seat, seat.get_pointer(&mut guest.client).unwrap())
}

/// A window with the pointer on it.
fn pointed(rig: &mut Rig) -> (Window, WlSeat, WlPointer) {
    rig.join("one");
    let window = rig.window(0, 0x80);
    let (seat, pointer) = seat(rig, 0);
    rig.pump();
    rig.point_at(0, window.surface);
    (window, seat, pointer)
}

#[test]
fn a_pointer_that_has_entered_goes_on() {
    let logs = twins(pointed, |rig, (window, ..)| {
        let (x, y) = rig.place(0, window.surface);
        rig.move_to(x + 30, y + 30);
        rig.press(true);
        rig.press(false);
        rig.input(Action::Scroll(Scroll::wheel(false, 15.0)));
        rig.move_to(x - 1, y);
    });
    let enters = logs[0].iter().filter(|event| event.contains("Enter {")).count();
    assert_eq!(enters, 0, "{:?}", logs[0]);
    assert!(
        logs[0].iter().any(|event| event.contains("Motion")) && logs[0].iter().any(|event| event.contains("Leave"))
    );
}

#[test]
fn a_cursor_stays_and_another_one_is_set_for_the_entering_before() {
    let before = |rig: &mut Rig| {
        let (window, _, pointer) = pointed(rig);
        rig.app.desktop.draw_cursors(true);
        let (first, second) = (rig.surface(0), rig.surface(0));
        let (serial, client) = (rig.guests[0].serial, &mut rig.guests[0].client);
        pointer.set_cursor(client, serial, Some(first), 3, 4).unwrap();
        let (_, buffer) = rig.buffer(0, (16, 16), 0xe0);
        rig.show(0, first, buffer);
        (window, pointer, serial, first, second)
    };
    twins(before, |rig, (_, pointer, serial, first, second)| {
        // The hotspot goes along.
        first.offset(&mut rig.guests[0].client, 2, 2).unwrap();
        first.commit(&mut rig.guests[0].client).unwrap();
        rig.draw();
        let (_, buffer) = rig.buffer(0, (8, 8), 0x11);
        rig.show(0, second, buffer);
        pointer.set_cursor(&mut rig.guests[0].client, serial, Some(second), 0, 0).unwrap();
        rig.pump();
        let (id, _) = rig.app.desktop.cursor().unwrap();
        assert_eq!(rig.app.desktop.size(id), (8, 8));
    });
}

#[test]
fn a_window_that_follows_the_pointer_follows_it_on() {
    let before = |rig: &mut Rig| {
        let (window, seat, _) = pointed(rig);
        rig.press(true);
        let (serial, client) = (rig.guests[0].serial, &mut rig.guests[0].client);
        window.toplevel.move_(client, seat, serial).unwrap();
        rig.pump();
        rig.move_to(300, 200);
        window
    };
    twins(before, |rig, window| {
        let place = rig.place(0, window.surface);
        rig.move_to(330, 210);
        assert_eq!(rig.place(0, window.surface), (place.0 + 30, place.1 + 10));
        rig.press(false);
        rig.move_to(331, 211);
        assert_eq!(rig.place(0, window.surface), (place.0 + 30, place.1 + 10));
    });
}

#[test]
fn an_edge_that_follows_the_pointer_follows_it_on() {
    let before = |rig: &mut Rig| {
        let (window, seat, _) = pointed(rig);
        rig.press(true);
        let (serial, client) = (rig.guests[0].serial, &mut rig.guests[0].client);
        window.toplevel.resize(client, seat, serial, xdg_toplevel::ResizeEdge::BOTTOM_RIGHT).unwrap();
        rig.pump();
        window
    };
    let logs = twins(before, |rig, window| {
        let (x, y) = rig.place(0, window.surface);
        rig.move_to(x + 40, y + 30);
        let (_, buffer) = rig.buffer(0, (130, 100), 0x21);
        rig.show(0, window.surface, buffer);
        rig.press(false);
    });
    assert!(logs[0].iter().any(|event| event.contains("width: 130, height: 100")), "{:?}", logs[0]);
}

#[test]
fn a_menu_with_a_grab_closes_by_a_click_elsewhere() {
    let before = |rig: &mut Rig| {
        let (window, seat, _) = pointed(rig);
        rig.press(true);
        rig.press(false);
        let surface = rig.surface(0);
        let serial = rig.guests[0].serial;
        let guest = &mut rig.guests[0];
        let base: XdgWmBase = guest.bind();
        let client = &mut guest.client;
        let positioner = base.create_positioner(client).unwrap();
        positioner.set_size(client, 60, 50).unwrap();
        positioner.set_anchor_rect(client, 10, 10, 1, 1).unwrap();
        positioner.set_gravity(client, xdg_positioner::Gravity::BOTTOM_RIGHT).unwrap();
        let xdg = base.get_xdg_surface(client, surface).unwrap();
        let popup = xdg.get_popup(client, Some(window.xdg), positioner).unwrap();
        popup.grab(client, seat, serial).unwrap();
        surface.commit(client).unwrap();
        rig.pump();
        let (_, buffer) = rig.buffer(0, (60, 50), 0x55);
        rig.show(0, surface, buffer);
        (window, positioner, surface, xdg, popup)
    };
    let logs = twins(before, |rig, (window, positioner, surface, xdg, popup)| {
        let client = &mut rig.guests[0].client;
        positioner.set_offset(client, 7, 7).unwrap();
        popup.reposition(client, positioner, 99).unwrap();
        rig.pump();
        surface.commit(&mut rig.guests[0].client).unwrap();
        rig.pump();
        rig.move_to(1, 1);
        rig.press(true);
        rig.press(false);
        let client = &mut rig.guests[0].client;
        popup.destroy(client).unwrap();
        xdg.destroy(client).unwrap();
        surface.destroy(client).unwrap();
        rig.point_at(0, window.surface);
    });
    let heard = |what: &str| logs[0].iter().any(|event| event.contains(what));
    assert!(heard("Repositioned { token: 99 }") && heard("PopupDone"), "{:?}", logs[0]);
}

#[test]
fn what_is_dragged_is_dropped_afterwards() {
    let before = |rig: &mut Rig| {
        let (window, ..) = pointed(rig);
        rig.join("other");
        let other = rig.window(1, 0x30);
        let (x, y) = rig.place(1, other.surface);
        let device = |rig: &mut Rig, guest: usize| {
            let guest = &mut rig.guests[guest];
            let (manager, seat): (WlDataDeviceManager, WlSeat) = (guest.bind(), guest.bind());
            (manager, manager.get_data_device(&mut guest.client, seat).unwrap())
        };
        let ((manager, device), _) = (device(rig, 0), device(rig, 1));
        rig.point_at(0, window.surface);
        rig.press(true);
        let icon = rig.surface(0);
        let (serial, client) = (rig.guests[0].serial, &mut rig.guests[0].client);
        let source = manager.create_data_source(client).unwrap();
        source.offer(client, "text/plain").unwrap();
        source.set_actions(client, wl_data_device_manager::DndAction::COPY).unwrap();
        device.start_drag(client, Some(source), window.surface, Some(icon), serial).unwrap();
        let (_, buffer) = rig.buffer(0, (16, 16), 0x99);
        rig.show(0, icon, buffer);
        // Where the other one does not cover it.
        rig.move_to(x + 60, y + 60);
        (x, y)
    };
    let logs = twins(before, |rig, (x, y)| {
        let offer = rig.guests[1].offer.unwrap();
        let client = &mut rig.guests[1].client;
        let copy = wl_data_device_manager::DndAction::COPY;
        offer.accept(client, 1, Some("text/plain")).unwrap();
        offer.set_actions(client, copy, copy).unwrap();
        rig.pump();
        rig.move_to(x + 65, y + 60);
        rig.draw();
        rig.press(false);
        let text = rig.received(|guest, fd| offer.receive(&mut guest.client, "text/plain", fd).unwrap(), 1);
        assert_eq!(text, "some text/plain");
        offer.finish(&mut rig.guests[1].client).unwrap();
        rig.pump();
    });
    let heard = |of: usize, what: &str| logs[of].iter().any(|event| event.contains(what));
    assert!(heard(0, "DndDropPerformed") && heard(0, "DndFinished") && heard(1, "Drop"), "{logs:?}");
}

#[test]
fn a_finger_that_is_down_moves_and_is_lifted() {
    let before = |rig: &mut Rig| {
        let (window, seat, _) = pointed(rig);
        rig.input(Action::Touch(Touch::Plug));
        seat.get_touch(&mut rig.guests[0].client).unwrap();
        rig.pump();
        let (x, y) = rig.place(0, window.surface);
        let (x, y) = (f64::from(x), f64::from(y));
        rig.input(Action::Touch(Touch::Down { id: 4, x: x + 5.0, y: y + 5.0 }));
        (x, y)
    };
    let logs = twins(before, |rig, (x, y)| {
        rig.input(Action::Touch(Touch::Motion { id: 4, x: x + 9.0, y: y + 5.0 }));
        rig.input(Action::Touch(Touch::Up { id: 4 }));
        rig.input(Action::Touch(Touch::Down { id: 5, x: x + 5.0, y: y + 5.0 }));
    });
    assert_eq!(logs[0].iter().filter(|event| event.starts_with("wl_touch")).count(), 6, "{:?}", logs[0]);
}

#[test]
fn a_surface_that_holds_the_pointer_holds_it_on() {
    let before = |rig: &mut Rig| {
        let (window, _, pointer) = pointed(rig);
        let guest = &mut rig.guests[0];
        let (constraints, relative): (ZwpPointerConstraintsV1, ZwpRelativePointerManagerV1) =
            (guest.bind(), guest.bind());
        let client = &mut guest.client;
        relative.get_relative_pointer(client, pointer).unwrap();
        let persistent = zwp_pointer_constraints_v1::Lifetime::PERSISTENT;
        let lock = constraints.lock_pointer(client, window.surface, pointer, None, persistent).unwrap();
        rig.pump();
        let client = &mut rig.guests[0].client;
        lock.set_cursor_position_hint(client, wayline::Fixed::from_int(50), wayline::Fixed::from_int(60)).unwrap();
        (window, lock)
    };
    let logs = twins(before, |rig, (window, lock)| {
        rig.input(Action::MoveBy { dx: 5.0, dy: 6.0 });
        window.surface.commit(&mut rig.guests[0].client).unwrap();
        lock.destroy(&mut rig.guests[0].client).unwrap();
        rig.pump();
        rig.input(Action::MoveBy { dx: 1.0, dy: 0.0 });
    });
    let heard = |what: &str| logs[0].iter().filter(|event| event.contains(what)).count();
    assert_eq!(heard("RelativeMotion"), 2, "{:?}", logs[0]);
    assert!(heard("surface_x: 50") + heard("surface_x: 51") > 0, "{:?}", logs[0]);
}

#[test]
fn a_program_that_points_goes_on_in_its_frame_and_releases_what_it_pressed() {
    let before = |rig: &mut Rig| {
        let (window, ..) = pointed(rig);
        rig.join("program");
        let guest = &mut rig.guests[1];
        let manager: ZwlrVirtualPointerManagerV1 = guest.bind();
        let client = &mut guest.client;
        let pointer = manager.create_virtual_pointer(client, None).unwrap();
        pointer.button(client, 0, LEFT, wl_pointer::ButtonState::PRESSED).unwrap();
        pointer.frame(client).unwrap();
        pointer.motion(client, 0, wayline::Fixed::from_int(3), wayline::Fixed::from_int(3)).unwrap();
        pointer.axis(client, 0, wl_pointer::Axis::VERTICAL_SCROLL, wayline::Fixed::from_int(15)).unwrap();
        (window, pointer)
    };
    let logs = twins(before, |rig, (_, pointer)| {
        pointer.frame(&mut rig.guests[1].client).unwrap();
        rig.pump();
        pointer.destroy(&mut rig.guests[1].client).unwrap();
        rig.pump();
    });
    let heard = |what: &str| logs[0].iter().any(|event| event.contains(what));
    assert!(heard("Motion") && heard("Axis {") && heard("released"), "{:?}", logs[0]);
}

#[test]
fn a_client_that_does_not_read_is_told_the_latest_afterwards() {
    let mut rig = Rig::new();
    let (window, ..) = pointed(&mut rig);
    let (x, y) = rig.place(0, window.surface);
    let client = rig.app.server.clients().next().unwrap();
    let mut at = 0;
    while !rig.app.server.is_behind(client) {
        at += 1;
        wayland::input(&mut rig.app, Action::Move { x: f64::from(x + at % 90), y: f64::from(y + 1) });
        server::turn(&mut rig.app).unwrap();
    }
    for last in [20, 40, 7] {
        wayland::input(&mut rig.app, Action::Move { x: f64::from(x + last), y: f64::from(y + 3) });
    }
    rig.upgrade();
    rig.forget();
    rig.pump();
    let last = rig.guests[0].log.iter().rfind(|event| event.contains("Motion")).unwrap();
    assert!(last.contains("surface_x: 7") && last.contains("surface_y: 3"), "{last}");
}
