//! The pointer, fingers, and what they lead.

use wayline::server;
use wayline_desktop::{Action, Scroll, Touch};
use wayline_desktop_wayland as wayland;
use wayline_desktop_wayland::protocol::*;

use super::fixture::{Fixture, LEFT, Window, twins};

fn seat(fixture: &mut Fixture, guest: usize) -> (WlSeat, WlPointer) {
    let guest = &mut fixture.guests[guest];
    let seat: WlSeat = guest.bind();
    (seat, seat.get_pointer(&mut guest.client).unwrap())
}

/// A window with the pointer on it.
fn pointed(fixture: &mut Fixture) -> (Window, WlSeat, WlPointer) {
    fixture.join("one");
    let window = fixture.window(0, 0x80);
    let (seat, pointer) = seat(fixture, 0);
    fixture.pump();
    fixture.point_at(0, window.surface);
    (window, seat, pointer)
}

#[test]
fn a_pointer_that_has_entered_goes_on() {
    let logs = twins(pointed, |fixture, (window, ..)| {
        let (x, y) = fixture.place(0, window.surface);
        fixture.move_to(x + 30, y + 30);
        fixture.press(true);
        fixture.press(false);
        fixture.input(Action::Scroll(Scroll::wheel(false, 15.0)));
        fixture.move_to(x - 1, y);
    });
    let enters = logs[0].iter().filter(|event| event.contains("Enter {")).count();
    assert_eq!(enters, 0, "{:?}", logs[0]);
    assert!(
        logs[0].iter().any(|event| event.contains("Motion")) && logs[0].iter().any(|event| event.contains("Leave"))
    );
}

#[test]
fn a_cursor_stays_and_another_one_is_set_for_the_entering_before() {
    let before = |fixture: &mut Fixture| {
        let (window, _, pointer) = pointed(fixture);
        fixture.app.desktop.draw_cursors(true);
        let (first, second) = (fixture.surface(0), fixture.surface(0));
        let (serial, client) = (fixture.guests[0].serial, &mut fixture.guests[0].client);
        pointer.set_cursor(client, serial, Some(first), 3, 4).unwrap();
        let (_, buffer) = fixture.buffer(0, (16, 16), 0xe0);
        fixture.show(0, first, buffer);
        (window, pointer, serial, first, second)
    };
    twins(before, |fixture, (_, pointer, serial, first, second)| {
        // The hotspot goes along.
        first.offset(&mut fixture.guests[0].client, 2, 2).unwrap();
        first.commit(&mut fixture.guests[0].client).unwrap();
        fixture.draw();
        let (_, buffer) = fixture.buffer(0, (8, 8), 0x11);
        fixture.show(0, second, buffer);
        pointer.set_cursor(&mut fixture.guests[0].client, serial, Some(second), 0, 0).unwrap();
        fixture.pump();
        let (id, _) = fixture.app.desktop.cursor().unwrap();
        assert_eq!(fixture.app.desktop.size(id), (8, 8));
    });
}

#[test]
fn a_window_that_follows_the_pointer_follows_it_on() {
    let before = |fixture: &mut Fixture| {
        let (window, seat, _) = pointed(fixture);
        fixture.press(true);
        let (serial, client) = (fixture.guests[0].serial, &mut fixture.guests[0].client);
        window.toplevel.move_(client, seat, serial).unwrap();
        fixture.pump();
        fixture.move_to(300, 200);
        window
    };
    twins(before, |fixture, window| {
        let place = fixture.place(0, window.surface);
        fixture.move_to(330, 210);
        assert_eq!(fixture.place(0, window.surface), (place.0 + 30, place.1 + 10));
        fixture.press(false);
        fixture.move_to(331, 211);
        assert_eq!(fixture.place(0, window.surface), (place.0 + 30, place.1 + 10));
    });
}

#[test]
fn an_edge_that_follows_the_pointer_follows_it_on() {
    let before = |fixture: &mut Fixture| {
        let (window, seat, _) = pointed(fixture);
        fixture.press(true);
        let (serial, client) = (fixture.guests[0].serial, &mut fixture.guests[0].client);
        window.toplevel.resize(client, seat, serial, xdg_toplevel::ResizeEdge::BOTTOM_RIGHT).unwrap();
        fixture.pump();
        window
    };
    let logs = twins(before, |fixture, window| {
        let (x, y) = fixture.place(0, window.surface);
        fixture.move_to(x + 40, y + 30);
        let (_, buffer) = fixture.buffer(0, (130, 100), 0x21);
        fixture.show(0, window.surface, buffer);
        fixture.press(false);
    });
    assert!(logs[0].iter().any(|event| event.contains("width: 130, height: 100")), "{:?}", logs[0]);
}

#[test]
fn a_menu_with_a_grab_closes_by_a_click_elsewhere() {
    let before = |fixture: &mut Fixture| {
        let (window, seat, _) = pointed(fixture);
        fixture.press(true);
        fixture.press(false);
        let surface = fixture.surface(0);
        let serial = fixture.guests[0].serial;
        let guest = &mut fixture.guests[0];
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
        fixture.pump();
        let (_, buffer) = fixture.buffer(0, (60, 50), 0x55);
        fixture.show(0, surface, buffer);
        (window, positioner, surface, xdg, popup)
    };
    let logs = twins(before, |fixture, (window, positioner, surface, xdg, popup)| {
        let client = &mut fixture.guests[0].client;
        positioner.set_offset(client, 7, 7).unwrap();
        popup.reposition(client, positioner, 99).unwrap();
        fixture.pump();
        surface.commit(&mut fixture.guests[0].client).unwrap();
        fixture.pump();
        fixture.move_to(1, 1);
        fixture.press(true);
        fixture.press(false);
        let client = &mut fixture.guests[0].client;
        popup.destroy(client).unwrap();
        xdg.destroy(client).unwrap();
        surface.destroy(client).unwrap();
        fixture.point_at(0, window.surface);
    });
    let heard = |what: &str| logs[0].iter().any(|event| event.contains(what));
    assert!(heard("Repositioned { token: 99 }") && heard("PopupDone"), "{:?}", logs[0]);
}

#[test]
fn what_is_dragged_is_dropped_afterwards() {
    let before = |fixture: &mut Fixture| {
        let (window, ..) = pointed(fixture);
        fixture.join("other");
        let other = fixture.window(1, 0x30);
        let (x, y) = fixture.place(1, other.surface);
        let device = |fixture: &mut Fixture, guest: usize| {
            let guest = &mut fixture.guests[guest];
            let (manager, seat): (WlDataDeviceManager, WlSeat) = (guest.bind(), guest.bind());
            (manager, manager.get_data_device(&mut guest.client, seat).unwrap())
        };
        let ((manager, device), _) = (device(fixture, 0), device(fixture, 1));
        fixture.point_at(0, window.surface);
        fixture.press(true);
        let icon = fixture.surface(0);
        let (serial, client) = (fixture.guests[0].serial, &mut fixture.guests[0].client);
        let source = manager.create_data_source(client).unwrap();
        source.offer(client, "text/plain").unwrap();
        source.set_actions(client, wl_data_device_manager::DndAction::COPY).unwrap();
        device.start_drag(client, Some(source), window.surface, Some(icon), serial).unwrap();
        let (_, buffer) = fixture.buffer(0, (16, 16), 0x99);
        fixture.show(0, icon, buffer);
        // Where the other one does not cover it.
        fixture.move_to(x + 60, y + 60);
        (x, y)
    };
    let logs = twins(before, |fixture, (x, y)| {
        let offer = fixture.guests[1].offer.unwrap();
        let client = &mut fixture.guests[1].client;
        let copy = wl_data_device_manager::DndAction::COPY;
        offer.accept(client, 1, Some("text/plain")).unwrap();
        offer.set_actions(client, copy, copy).unwrap();
        fixture.pump();
        fixture.move_to(x + 65, y + 60);
        fixture.draw();
        fixture.press(false);
        let text = fixture.received(|guest, fd| offer.receive(&mut guest.client, "text/plain", fd).unwrap(), 1);
        assert_eq!(text, "some text/plain");
        offer.finish(&mut fixture.guests[1].client).unwrap();
        fixture.pump();
    });
    let heard = |of: usize, what: &str| logs[of].iter().any(|event| event.contains(what));
    assert!(heard(0, "DndDropPerformed") && heard(0, "DndFinished") && heard(1, "Drop"), "{logs:?}");
}

#[test]
fn a_finger_that_is_down_moves_and_is_lifted() {
    let before = |fixture: &mut Fixture| {
        let (window, seat, _) = pointed(fixture);
        fixture.input(Action::Touch(Touch::Plug));
        seat.get_touch(&mut fixture.guests[0].client).unwrap();
        fixture.pump();
        let (x, y) = fixture.place(0, window.surface);
        let (x, y) = (f64::from(x), f64::from(y));
        fixture.input(Action::Touch(Touch::Down { id: 4, x: x + 5.0, y: y + 5.0 }));
        (x, y)
    };
    let logs = twins(before, |fixture, (x, y)| {
        fixture.input(Action::Touch(Touch::Motion { id: 4, x: x + 9.0, y: y + 5.0 }));
        fixture.input(Action::Touch(Touch::Up { id: 4 }));
        fixture.input(Action::Touch(Touch::Down { id: 5, x: x + 5.0, y: y + 5.0 }));
    });
    assert_eq!(logs[0].iter().filter(|event| event.starts_with("wl_touch")).count(), 6, "{:?}", logs[0]);
}

#[test]
fn a_surface_that_holds_the_pointer_holds_it_on() {
    let before = |fixture: &mut Fixture| {
        let (window, _, pointer) = pointed(fixture);
        let guest = &mut fixture.guests[0];
        let (constraints, relative): (ZwpPointerConstraintsV1, ZwpRelativePointerManagerV1) =
            (guest.bind(), guest.bind());
        let client = &mut guest.client;
        relative.get_relative_pointer(client, pointer).unwrap();
        let persistent = zwp_pointer_constraints_v1::Lifetime::PERSISTENT;
        let lock = constraints.lock_pointer(client, window.surface, pointer, None, persistent).unwrap();
        fixture.pump();
        let client = &mut fixture.guests[0].client;
        lock.set_cursor_position_hint(client, wayline::Fixed::from_int(50), wayline::Fixed::from_int(60)).unwrap();
        (window, lock)
    };
    let logs = twins(before, |fixture, (window, lock)| {
        fixture.input(Action::MoveBy { dx: 5.0, dy: 6.0 });
        window.surface.commit(&mut fixture.guests[0].client).unwrap();
        lock.destroy(&mut fixture.guests[0].client).unwrap();
        fixture.pump();
        fixture.input(Action::MoveBy { dx: 1.0, dy: 0.0 });
    });
    let heard = |what: &str| logs[0].iter().filter(|event| event.contains(what)).count();
    assert_eq!(heard("RelativeMotion"), 2, "{:?}", logs[0]);
    assert!(heard("surface_x: 50") + heard("surface_x: 51") > 0, "{:?}", logs[0]);
}

#[test]
fn a_program_that_points_goes_on_in_its_frame_and_releases_what_it_pressed() {
    let before = |fixture: &mut Fixture| {
        let (window, ..) = pointed(fixture);
        fixture.join("program");
        let guest = &mut fixture.guests[1];
        let manager: ZwlrVirtualPointerManagerV1 = guest.bind();
        let client = &mut guest.client;
        let pointer = manager.create_virtual_pointer(client, None).unwrap();
        pointer.button(client, 0, LEFT, wl_pointer::ButtonState::PRESSED).unwrap();
        pointer.frame(client).unwrap();
        pointer.motion(client, 0, wayline::Fixed::from_int(3), wayline::Fixed::from_int(3)).unwrap();
        pointer.axis(client, 0, wl_pointer::Axis::VERTICAL_SCROLL, wayline::Fixed::from_int(15)).unwrap();
        (window, pointer)
    };
    let logs = twins(before, |fixture, (_, pointer)| {
        pointer.frame(&mut fixture.guests[1].client).unwrap();
        fixture.pump();
        pointer.destroy(&mut fixture.guests[1].client).unwrap();
        fixture.pump();
    });
    let heard = |what: &str| logs[0].iter().any(|event| event.contains(what));
    assert!(heard("Motion") && heard("Axis {") && heard("released"), "{:?}", logs[0]);
}

#[test]
fn a_client_that_does_not_read_is_told_the_latest_afterwards() {
    let mut fixture = Fixture::new();
    let (window, ..) = pointed(&mut fixture);
    let (x, y) = fixture.place(0, window.surface);
    let client = fixture.app.server.clients().next().unwrap();
    let mut at = 0;
    while !fixture.app.server.is_behind(client) {
        at += 1;
        wayland::input(&mut fixture.app, Action::Move { x: f64::from(x + at % 90), y: f64::from(y + 1) });
        server::turn(&mut fixture.app).unwrap();
    }
    for last in [20, 40, 7] {
        wayland::input(&mut fixture.app, Action::Move { x: f64::from(x + last), y: f64::from(y + 3) });
    }
    fixture.upgrade();
    fixture.forget();
    fixture.pump();
    let last = fixture.guests[0].log.iter().rfind(|event| event.contains("Motion")).unwrap();
    assert!(last.contains("surface_x: 7") && last.contains("surface_y: 3"), "{last}");
}
