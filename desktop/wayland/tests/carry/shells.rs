//! Windows, panels and locks, and what they are told to be.

use wayline_desktop_wayland::protocol::*;

use super::fixture::{Fixture, pixels, twins};

#[test]
fn a_configuration_that_was_not_answered_is_answered_afterwards() {
    let before = |fixture: &mut Fixture| {
        fixture.join("one");
        fixture.guests[0].acks = false;
        let (surface, xdg, toplevel) = fixture.empty_window(0);
        let first = fixture.guests[0].configured;
        toplevel.set_title(&mut fixture.guests[0].client, "not shown yet").unwrap();
        toplevel.set_maximized(&mut fixture.guests[0].client).unwrap();
        fixture.pump();
        assert!(fixture.guests[0].configured != first);
        (surface, xdg, toplevel, first)
    };
    let logs = twins(before, |fixture, (surface, xdg, toplevel, first)| {
        xdg.ack_configure(&mut fixture.guests[0].client, first).unwrap();
        let second = fixture.guests[0].configured;
        xdg.ack_configure(&mut fixture.guests[0].client, second).unwrap();
        let (_, buffer) = fixture.buffer(0, (640, 480), 0x70);
        fixture.show(0, surface, buffer);
        fixture.draw();
        assert_eq!(fixture.place(0, surface), (0, 0), "it fills the screen");
        fixture.guests[0].acks = true;
        toplevel.unset_maximized(&mut fixture.guests[0].client).unwrap();
        fixture.pump();
        let (_, buffer) = fixture.buffer(0, (50, 40), 0x71);
        fixture.show(0, surface, buffer);
    });
    assert!(logs[0].iter().any(|event| event.starts_with("xdg_toplevel") && event.contains("Configure {")));
}

#[test]
fn so_many_unanswered_configurations_are_owed_as_before() {
    let before = |fixture: &mut Fixture| {
        fixture.join("one");
        let window = fixture.window(0, 0x80);
        fixture.guests[0].acks = false;
        for _ in 0..20 {
            let client = &mut fixture.guests[0].client;
            window.toplevel.set_maximized(client).unwrap();
            window.toplevel.unset_maximized(client).unwrap();
        }
        fixture.pump();
        window
    };
    let logs = twins(before, |fixture, window| {
        assert_eq!(fixture.guests[0].heard("xdg_surface"), 0);
        let serial = fixture.guests[0].configured;
        window.xdg.ack_configure(&mut fixture.guests[0].client, serial).unwrap();
        fixture.pump();
    });
    assert_eq!(logs[0].iter().filter(|event| event.starts_with("xdg_surface")).count(), 1, "{:?}", logs[0]);
}

#[test]
fn windows_above_others_limits_and_decorations_stay() {
    let before = |fixture: &mut Fixture| {
        fixture.join("one");
        let (window, dialog) = (fixture.window(0, 0x80), fixture.window(0, 0x30));
        let guest = &mut fixture.guests[0];
        let manager: ZxdgDecorationManagerV1 = guest.bind();
        let client = &mut guest.client;
        dialog.toplevel.set_parent(client, Some(window.toplevel)).unwrap();
        dialog.toplevel.set_min_size(client, 50, 50).unwrap();
        dialog.xdg.set_window_geometry(client, 5, 5, 90, 70).unwrap();
        manager.get_toplevel_decoration(client, dialog.toplevel).unwrap();
        dialog.surface.commit(client).unwrap();
        dialog.toplevel.set_max_size(client, 200, 200).unwrap();
        dialog.xdg.set_window_geometry(client, 10, 10, 80, 60).unwrap();
        (window, dialog)
    };
    twins(before, |fixture, (window, dialog)| {
        dialog.surface.commit(&mut fixture.guests[0].client).unwrap();
        fixture.point_at(0, window.surface);
        fixture.press(true);
        fixture.press(false);
        fixture.draw();
        dialog.toplevel.set_fullscreen(&mut fixture.guests[0].client, None).unwrap();
        fixture.pump();
    });
}

#[test]
fn a_panel_keeps_its_room_and_gives_it_back() {
    let before = |fixture: &mut Fixture| {
        fixture.join("panel");
        let surface = fixture.surface(0);
        let guest = &mut fixture.guests[0];
        let shell: ZwlrLayerShellV1 = guest.bind();
        let client = &mut guest.client;
        let top = zwlr_layer_shell_v1::Layer::TOP;
        let layer = shell.get_layer_surface(client, surface, None, top, "panel").unwrap();
        layer.set_size(client, 0, 30).unwrap();
        use zwlr_layer_surface_v1::Anchor;
        layer.set_anchor(client, Anchor::TOP | Anchor::LEFT | Anchor::RIGHT).unwrap();
        layer.set_exclusive_zone(client, 30).unwrap();
        surface.commit(client).unwrap();
        fixture.pump();
        let (_, buffer) = fixture.buffer(0, (640, 30), 0xaa);
        fixture.show(0, surface, buffer);
        layer.set_exclusive_zone(&mut fixture.guests[0].client, 40).unwrap();
        fixture.join("one");
        (surface, layer, fixture.window(1, 0x80))
    };
    let logs = twins(before, |fixture, (surface, layer, window)| {
        window.toplevel.set_maximized(&mut fixture.guests[1].client).unwrap();
        fixture.pump();
        surface.commit(&mut fixture.guests[0].client).unwrap();
        fixture.pump();
        layer.set_size(&mut fixture.guests[0].client, 0, 50).unwrap();
        surface.commit(&mut fixture.guests[0].client).unwrap();
        fixture.pump();
        surface.attach(&mut fixture.guests[0].client, None, 0, 0).unwrap();
        surface.commit(&mut fixture.guests[0].client).unwrap();
        fixture.pump();
    });
    let heard = |of: usize, what: &str| logs[of].iter().filter(|event| event.contains(what)).count();
    for height in ["height: 450", "height: 440", "height: 480"] {
        assert!(heard(1, height) > 0, "{height}: {:?}", logs[1]);
    }
    assert!(heard(0, "height: 50") > 0, "{:?}", logs[0]);
}

/// A window, and a locker that locks the session and covers the screen.
fn locking(fixture: &mut Fixture) -> (ExtSessionLockV1, WlSurface) {
    fixture.join("one");
    fixture.window(0, 0x80);
    fixture.join("locker");
    let surface = fixture.surface(1);
    let guest = &mut fixture.guests[1];
    let (manager, output): (ExtSessionLockManagerV1, WlOutput) = (guest.bind(), guest.bind());
    let seat: WlSeat = guest.bind();
    let client = &mut guest.client;
    seat.get_keyboard(client).unwrap();
    let lock = manager.lock(client).unwrap();
    lock.get_lock_surface(client, surface, output).unwrap();
    fixture.pump();
    let (_, buffer) = fixture.buffer(1, (640, 480), 0x42);
    fixture.show(1, surface, buffer);
    (lock, surface)
}

#[test]
fn a_session_that_is_about_to_be_locked_is() {
    let logs = twins(locking, |fixture, (lock, _)| {
        assert_eq!(fixture.guests[1].heard(&format!("{lock} Locked")), 1);
        lock.unlock_and_destroy(&mut fixture.guests[1].client).unwrap();
        fixture.pump();
    });
    assert!(!logs[0].is_empty());
}

#[test]
fn a_locked_session_stays_locked_also_without_its_locker() {
    let before = |fixture: &mut Fixture| {
        let known = locking(fixture);
        fixture.draw();
        known
    };
    twins(before, |fixture, _| {
        fixture.key(30, true);
        fixture.key(30, false);
        assert!(fixture.guests[1].heard("wl_keyboard") > 0 && fixture.app.desktop.is_locked());
        fixture.guests.remove(1);
        while fixture.app.server.clients().count() > 1 {
            fixture.pump();
        }
        fixture.draw();
        assert!(fixture.app.desktop.is_locked());
        assert!(pixels(fixture).iter().all(|pixel| pixel & 0x00ff_ffff == 0), "nothing is shown");
        // Who comes then may unlock it.
        fixture.join("another");
        let guest = &mut fixture.guests[1];
        let manager: ExtSessionLockManagerV1 = guest.bind();
        let lock = manager.lock(&mut guest.client).unwrap();
        fixture.pump();
        fixture.draw();
        lock.unlock_and_destroy(&mut fixture.guests[1].client).unwrap();
        fixture.pump();
        assert!(!fixture.app.desktop.is_locked());
    });
}

#[test]
fn windows_of_the_old_shell_stay() {
    let before = |fixture: &mut Fixture| {
        fixture.join("one");
        let (surface, child) = (fixture.surface(0), fixture.surface(0));
        let guest = &mut fixture.guests[0];
        let shell: WlShell = guest.bind();
        let client = &mut guest.client;
        let window = shell.get_shell_surface(client, surface).unwrap();
        window.set_toplevel(client).unwrap();
        window.set_title(client, "an old window").unwrap();
        let (_, buffer) = fixture.buffer(0, (100, 80), 0x66);
        fixture.show(0, surface, buffer);
        let client = &mut fixture.guests[0].client;
        let transient = shell.get_shell_surface(client, child).unwrap();
        transient.set_transient(client, surface, 20, 20, wl_shell_surface::Transient(0)).unwrap();
        let (_, buffer) = fixture.buffer(0, (40, 40), 0x67);
        fixture.show(0, child, buffer);
        (surface, window, transient)
    };
    let logs = twins(before, |fixture, (surface, window, transient)| {
        window.set_maximized(&mut fixture.guests[0].client, None).unwrap();
        let (_, buffer) = fixture.buffer(0, (640, 480), 0x69);
        fixture.show(0, surface, buffer);
        transient.set_toplevel(&mut fixture.guests[0].client).unwrap();
        window.set_toplevel(&mut fixture.guests[0].client).unwrap();
        fixture.pump();
    });
    assert!(logs[0].iter().any(|event| event.contains("width: 100, height: 80")), "the size before: {:?}", logs[0]);
}
