//! Who has the pointer, the keyboard and the fingers.

use super::super::Keyboard;
use super::{Action, Desk, Touch, content};

#[test]
fn a_new_window_gets_the_keyboard_and_the_one_below_gets_it_back() {
    let mut desk = Desk::new();
    let (below, above) = (desk.window(1, 0, 0), desk.window(2, 200, 0));
    assert_eq!(desk.told(above), ["keys", "active", "configure"]);
    desk.hide(above);
    assert_eq!(desk.desktop.keyboard_focus(), Some(below));
}

#[test]
fn the_keyboard_goes_to_windows_that_are_shown_only() {
    let mut desk = Desk::new();
    let (kept, other) = (desk.window(1, 0, 0), desk.window(1, 200, 0));
    // One with a part, and one that was never mapped.
    desk.part(1, kept);
    let never = desk.surface(1);
    desk.desktop.make_window(never);
    desk.hide(kept);
    desk.hide(other);
    assert_eq!(desk.desktop.keyboard_focus(), None);
    let back = desk.window(3, 50, 50);
    assert_eq!(desk.desktop.keyboard_focus(), Some(back));
}

#[test]
fn a_press_on_a_part_gives_its_window_the_keyboard() {
    let mut desk = Desk::new();
    let window = desk.window(1, 0, 0);
    desk.part(2, window);
    desk.window(3, 200, 0);
    desk.point(10, 10);
    desk.press();
    assert_eq!(desk.desktop.keyboard_focus(), Some(window));
}

#[test]
fn a_press_beside_all_windows_takes_the_keyboard_away() {
    let mut desk = Desk::new();
    let window = desk.window(1, 0, 0);
    desk.point(300, 200);
    desk.press();
    assert_eq!(desk.desktop.keyboard_focus(), None);
    assert_eq!(desk.told(window), ["keys", "active", "configure", "no keys", "inactive"]);
}

#[test]
fn the_pointer_enters_what_comes_under_it_and_leaves_what_goes() {
    let mut desk = Desk::new();
    desk.point(50, 50);
    let window = desk.window(1, 0, 0);
    assert!(desk.told(window).contains(&"enter"));
    desk.desktop.move_window(window, (200, 0));
    assert_eq!(desk.told(window), ["leave"]);
    desk.desktop.move_window(window, (10, 0));
    desk.desktop.move_window(window, (20, 0));
    assert_eq!(desk.told(window), ["enter"]);
}

#[test]
fn a_pressed_button_keeps_the_pointer_where_it_was_pressed() {
    let mut desk = Desk::new();
    let (left, right) = (desk.window(1, 0, 0), desk.window(2, 200, 0));
    desk.point(50, 50);
    desk.press();
    desk.effects();
    desk.point(250, 50);
    assert_eq!(desk.desktop.pointer_focus(), Some(left));
    desk.release();
    assert_eq!(desk.desktop.pointer_focus(), Some(right));
}

#[test]
fn the_pointer_passes_through_where_no_input_is_taken() {
    let mut desk = Desk::new();
    let (below, above) = (desk.window(1, 0, 0), desk.window(2, 0, 0));
    desk.desktop.set_input(above, Some(super::super::Region::default()));
    desk.point(50, 50);
    assert_eq!(desk.desktop.pointer_focus(), Some(below));
}

#[test]
fn a_window_stays_active_while_its_popup_has_the_keyboard() {
    let mut desk = Desk::new();
    let window = desk.window(1, 0, 0);
    desk.effects();
    let popup = desk.popup(1, window, (10, 10), true);
    assert_eq!(desk.desktop.keyboard_focus(), Some(popup));
    assert_eq!(desk.told(window), ["no keys"]);
    desk.desktop.remove(popup);
    assert_eq!(desk.told(window), ["keys"]);
}

#[test]
fn what_keeps_the_keyboard_goes_before_all_others() {
    let mut desk = Desk::new();
    let dock = desk.surface(1);
    desk.desktop.make_window(dock);
    desk.desktop.set_dock(dock, super::super::Dock { level: 2, size: (50, 20), ..Default::default() });
    desk.desktop.set_keyboard(dock, Keyboard::Exclusive);
    desk.show(dock, 50, 20);
    desk.window(2, 0, 0);
    assert_eq!(desk.desktop.keyboard_focus(), Some(dock));
    desk.desktop.set_keyboard(dock, Keyboard::Never);
    assert_ne!(desk.desktop.keyboard_focus(), Some(dock));
}

#[test]
fn a_finger_stays_with_the_surface_it_came_down_on() {
    let mut desk = Desk::new();
    let window = desk.window(1, 0, 0);
    desk.window(2, 200, 0);
    desk.effects();
    desk.touch(Touch::Down { id: 3, x: 10.0, y: 10.0 });
    desk.touch(Touch::Motion { id: 3, x: 210.0, y: 10.0 });
    desk.touch(Touch::Up { id: 3 });
    let told = desk.told(window);
    assert_eq!(told[told.len() - 3..], ["down", "moved", "up"]);
}

#[test]
fn a_finger_on_what_goes_away_is_up() {
    let mut desk = Desk::new();
    let window = desk.window(1, 0, 0);
    desk.touch(Touch::Down { id: 0, x: 10.0, y: 10.0 });
    desk.hide(window);
    assert!(desk.told(window).contains(&"up"));
    desk.touch(Touch::Motion { id: 0, x: 20.0, y: 10.0 });
    assert_eq!(desk.effects(), []);
}

#[test]
fn keys_go_to_the_window_with_the_keyboard_and_close_as_well() {
    let mut desk = Desk::new();
    let window = desk.window(1, 0, 0);
    desk.effects();
    desk.desktop.input(Action::Key { code: 30, pressed: true });
    desk.desktop.input(Action::Close);
    assert_eq!(desk.told(window), ["key", "close"]);
    assert_eq!(desk.desktop.held_keys(), [30]);
}

#[test]
fn nobody_is_told_of_a_surface_that_was_removed() {
    let mut desk = Desk::new();
    let window = desk.window(1, 0, 0);
    desk.point(50, 50);
    desk.desktop.remove(window);
    assert_eq!(desk.effects(), []);
    assert!(desk.desktop.set_content(window, Some(content(1, 1)), &[]).is_some());
}
