//! Keys, keymaps and text.

use wayline::io::shm::Memory;
use wayline_desktop_wayland::protocol::*;
use wayline_desktop_wayland::text_input::{self, Text};

use super::fixture::{Fixture, Window, twins};

const A: u32 = 30;
const SHIFT: u32 = 42;
const CAPS: u32 = 58;

/// A window with the keyboard.
fn focused(fixture: &mut Fixture) -> (Window, WlSeat) {
    fixture.join("one");
    let guest = &mut fixture.guests[0];
    let seat: WlSeat = guest.bind();
    seat.get_keyboard(&mut guest.client).unwrap();
    (fixture.window(0, 0x80), seat)
}

#[test]
fn a_key_that_is_down_is_released_and_others_go_on() {
    let before = |fixture: &mut Fixture| {
        let (_, seat) = focused(fixture);
        fixture.key(SHIFT, true);
        fixture.key(A, true);
        seat
    };
    let logs = twins(before, |fixture, seat| {
        // Another keyboard is told what is down.
        seat.get_keyboard(&mut fixture.guests[0].client).unwrap();
        fixture.pump();
        fixture.key(A, false);
        fixture.key(SHIFT, false);
        fixture.key(A, true);
        fixture.key(A, false);
    });
    let heard = |what: &str| logs[0].iter().filter(|event| event.contains(what)).count();
    assert_eq!((heard("Enter {"), heard("Keymap")), (1, 1), "of the new one: {:?}", logs[0]);
    assert!(heard("mods_depressed: 1") > 0 && heard("mods_depressed: 0") > 0);
}

#[test]
fn locked_capitals_stay_until_they_are_unlocked() {
    let before = |fixture: &mut Fixture| {
        focused(fixture);
        fixture.key(CAPS, true);
        fixture.key(CAPS, false);
    };
    let logs = twins(before, |fixture, ()| {
        fixture.key(A, true);
        fixture.key(A, false);
        fixture.key(CAPS, true);
        fixture.key(CAPS, false);
    });
    let modifiers: Vec<&String> = logs[0].iter().filter(|event| event.contains("Modifiers")).collect();
    assert!(modifiers.last().unwrap().contains("mods_locked: 0"), "{modifiers:?}");
}

#[test]
fn the_keyboard_moves_from_window_to_window() {
    let before = |fixture: &mut Fixture| {
        let (window, _) = focused(fixture);
        fixture.join("other");
        let guest = &mut fixture.guests[1];
        let seat: WlSeat = guest.bind();
        seat.get_keyboard(&mut guest.client).unwrap();
        (window, fixture.window(1, 0x30))
    };
    let logs = twins(before, |fixture, (window, other)| {
        fixture.key(A, true);
        fixture.key(A, false);
        fixture.point_at(0, window.surface);
        fixture.press(true);
        fixture.press(false);
        fixture.key(A, true);
        let client = &mut fixture.guests[0].client;
        window.toplevel.destroy(client).unwrap();
        fixture.pump();
        let _ = other;
    });
    let heard = |of: usize, what: &str| logs[of].iter().filter(|event| event.contains(what)).count();
    assert_eq!((heard(0, "Enter {"), heard(1, "Leave {"), heard(1, "Enter {")), (1, 1, 1), "{logs:?}");
}

#[test]
fn a_program_types_on_with_the_keymap_that_it_brought() {
    let before = |fixture: &mut Fixture| {
        focused(fixture);
        fixture.join("program");
        let guest = &mut fixture.guests[1];
        let (manager, seat): (ZwpVirtualKeyboardManagerV1, WlSeat) = (guest.bind(), guest.bind());
        let client = &mut guest.client;
        let keyboard = manager.create_virtual_keyboard(client, seat).unwrap();
        let text = b"xkb_keymap { xkb_keycodes {}; xkb_types {}; xkb_compat {}; xkb_symbols {}; };\0";
        let memory = Memory::immutable("keymap", text).unwrap();
        keyboard.keymap(client, 1, memory.try_clone_fd().unwrap(), text.len() as u32).unwrap();
        keyboard.modifiers(client, 0, 0, 4, 0).unwrap();
        keyboard.key(client, 0, 3, 1).unwrap();
        keyboard
    };
    let logs = twins(before, |fixture, keyboard| {
        keyboard.key(&mut fixture.guests[1].client, 0, 3, 0).unwrap();
        keyboard.key(&mut fixture.guests[1].client, 0, 5, 1).unwrap();
        fixture.pump();
        assert_eq!(fixture.guests[0].heard("wl_keyboard"), 2, "two keys and no keymap: {:?}", fixture.guests[0].log);
        fixture.key(A, true);
        keyboard.destroy(&mut fixture.guests[1].client).unwrap();
        fixture.pump();
    });
    let heard = |what: &str| logs[0].iter().filter(|event| event.contains(what)).count();
    assert_eq!((heard("Keymap"), heard("key: 5")), (1, 2), "that of the user, and a release: {:?}", logs[0]);
}

#[test]
fn a_text_field_takes_text_and_what_was_said_of_it_stays() {
    let before = |fixture: &mut Fixture| {
        let (_, seat) = focused(fixture);
        let guest = &mut fixture.guests[0];
        let manager: ZwpTextInputManagerV3 = guest.bind();
        let client = &mut guest.client;
        let input = manager.get_text_input(client, seat).unwrap();
        fixture.pump();
        let client = &mut fixture.guests[0].client;
        input.enable(client).unwrap();
        input.set_surrounding_text(client, "wörd", 3, 3).unwrap();
        input.commit(client).unwrap();
        input.set_cursor_rectangle(client, 1, 2, 3, 4).unwrap();
        input
    };
    let logs = twins(before, |fixture, input| {
        let field = text_input::field(&mut fixture.app).unwrap();
        assert_eq!((field.surrounding.as_ref().unwrap().text.as_str(), field.cursor.left()), ("wörd", 0));
        assert!(text_input::write(&mut fixture.app, &Text { insert: Some("more"), ..Text::default() }));
        input.commit(&mut fixture.guests[0].client).unwrap();
        fixture.pump();
        assert_eq!(text_input::field(&mut fixture.app).unwrap().cursor.left(), 1);
        fixture.join("other");
        fixture.window(1, 0x30);
        assert!(text_input::field(&mut fixture.app).is_none());
    });
    let heard = |what: &str| logs[0].iter().any(|event| event.contains(what));
    assert!(heard("CommitString") && heard("Done { serial: 1 }") && heard("zwp_text_input_v3") && heard("Leave"));
}
