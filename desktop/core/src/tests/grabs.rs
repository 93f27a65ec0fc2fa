//! Moves, resizes, popups and drags.

use super::super::{Edges, Keyboard};
use super::{Desk, Touch, Who};

#[test]
fn a_window_follows_the_pointer_that_moves_it() {
    let mut desk = Desk::new();
    let window = desk.window(1, 0, 0);
    desk.point(10, 10);
    let serial = desk.press();
    assert!(desk.desktop.start_move(window, serial));
    desk.point(60, 40);
    assert_eq!(desk.desktop.position(window), Some((50, 30)));
    desk.release();
    desk.point(100, 100);
    assert_eq!(desk.desktop.position(window), Some((50, 30)));
}

#[test]
fn only_a_press_on_the_window_that_goes_on_moves_it() {
    let mut desk = Desk::new();
    let (window, other) = (desk.window(1, 0, 0), desk.window(1, 200, 0));
    desk.point(10, 10);
    let serial = desk.press();
    assert!(!desk.desktop.start_move(other, serial) && !desk.desktop.start_move(window, serial + 1));
    desk.release();
    assert!(!desk.desktop.start_move(window, serial));
}

#[test]
fn a_finger_moves_a_window_too() {
    let mut desk = Desk::new();
    let window = desk.window(1, 0, 0);
    desk.touch(Touch::Down { id: 7, x: 10.0, y: 10.0 });
    let serial = desk.desktop.serial;
    assert!(desk.desktop.start_move(window, serial));
    assert!(desk.told(window).contains(&"taken"));
    desk.touch(Touch::Motion { id: 7, x: 30.0, y: 10.0 });
    assert_eq!(desk.desktop.position(window), Some((20, 0)));
}

#[test]
fn a_resize_asks_for_sizes_and_keeps_the_edges_that_are_not_moved() {
    let mut desk = Desk::new();
    let window = desk.window(1, 100, 100);
    desk.point(110, 110);
    let serial = desk.press();
    let edges = Edges(Edges::LEFT.0 | Edges::TOP.0);
    assert!(desk.desktop.start_resize(window, serial, edges));
    desk.point(90, 100);
    assert_eq!(desk.desktop.wanted(window).size, (120, 110));
    desk.show(window, 120, 110);
    assert_eq!(desk.desktop.position(window), Some((80, 90)));
}

#[test]
fn a_grab_ends_with_its_window() {
    let mut desk = Desk::new();
    let (window, other) = (desk.window(1, 0, 0), desk.window(2, 50, 50));
    desk.point(10, 10);
    let serial = desk.press();
    desk.desktop.start_move(window, serial);
    desk.desktop.remove(window);
    desk.effects();
    desk.point(60, 60);
    assert!(desk.told(other).contains(&"enter"));
}

#[test]
fn a_press_elsewhere_closes_popups_and_one_on_the_same_client_does_not() {
    let mut desk = Desk::new();
    let window = desk.window(1, 0, 0);
    let popup = desk.popup(1, window, (0, 0), true);
    let above = desk.popup(1, popup, (40, 0), true);
    desk.point(90, 90);
    desk.press();
    desk.release();
    assert!(desk.desktop.is_shown(popup) && desk.desktop.is_shown(above));
    desk.point(300, 200);
    desk.press();
    let order: Vec<_> = desk.effects().into_iter().filter(|(_, effect)| super::name(*effect) == "dismissed").collect();
    let owners: Vec<_> = order.iter().map(|(who, _)| Some(*who)).collect();
    assert_eq!(owners, [desk.desktop.owner(above), desk.desktop.owner(popup)]);
}

#[test]
fn popups_close_with_what_they_are_on() {
    let mut desk = Desk::new();
    let window = desk.window(1, 0, 0);
    let popup = desk.popup(1, window, (0, 0), false);
    desk.effects();
    desk.hide(window);
    assert_eq!(desk.told(popup), ["dismissed"]);
    let orphan = desk.popup(1, window, (0, 0), false);
    assert_eq!(desk.told(orphan), ["dismissed"]);
}

#[test]
fn a_popup_grabs_on_top_of_the_latest_grab_only() {
    let mut desk = Desk::new();
    let window = desk.window(1, 0, 0);
    let first = desk.popup(1, window, (0, 0), true);
    let second = desk.popup(1, first, (0, 0), true);
    let third = desk.surface(1);
    desk.desktop.make_popup(third, first, false).unwrap();
    assert!(!desk.desktop.may_grab(third));
    desk.desktop.remove(second);
    assert!(desk.desktop.may_grab(third));
}

#[test]
fn transients_come_back_with_their_parent() {
    let mut desk = Desk::new();
    let (window, transient) = (desk.window(1, 0, 0), desk.surface(1));
    desk.desktop.make_popup(transient, window, true).unwrap();
    desk.show(transient, 10, 10);
    desk.hide(window);
    assert!(!desk.desktop.is_shown(transient));
    desk.show(window, 100, 100);
    assert!(desk.desktop.is_shown(transient));
}

#[test]
fn what_is_dragged_is_dropped_where_it_is_let_go() {
    let mut desk = Desk::new();
    let (from, to) = (desk.window(1, 0, 0), desk.window(2, 200, 0));
    desk.point(10, 10);
    let serial = desk.press();
    let owner = desk.desktop.owner(from).unwrap();
    assert!(desk.desktop.start_drag(owner, serial, true, None));
    desk.effects();
    desk.point(210, 10);
    desk.point(211, 10);
    desk.release();
    assert_eq!(desk.told(to), ["drag enter", "drag motion", "drop", "enter"]);
}

#[test]
fn a_drag_within_a_client_is_over_nothing_elsewhere() {
    let mut desk = Desk::new();
    let (from, to) = (desk.window(1, 0, 0), desk.window(2, 200, 0));
    desk.point(10, 10);
    let serial = desk.press();
    let owner = desk.desktop.owner(from).unwrap();
    desk.desktop.start_drag(owner, serial, false, None);
    desk.point(210, 10);
    desk.desktop.remove(from);
    desk.release();
    let effects = desk.effects();
    assert!(effects.iter().any(|(who, effect)| (*who, super::name(*effect)) == (owner, "drag cancel")));
    assert!(!effects.iter().any(|(who, effect)| *who == Who(2, 2) && super::name(*effect) == "drop"), "{to:?}");
}

#[test]
fn a_window_that_wants_no_keyboard_gets_none_when_it_is_pressed() {
    let mut desk = Desk::new();
    let window = desk.window(1, 0, 0);
    desk.desktop.set_keyboard(window, Keyboard::Never);
    desk.point(10, 10);
    desk.press();
    assert_eq!(desk.desktop.keyboard_focus(), None);
}

#[test]
fn what_is_let_go_over_a_window_that_was_hidden_is_not_dropped_there() {
    let mut desk = Desk::new();
    let (from, to) = (desk.window(1, 0, 0), desk.window(2, 200, 0));
    desk.point(10, 10);
    let serial = desk.press();
    let owner = desk.desktop.owner(from).unwrap();
    desk.desktop.start_drag(owner, serial, true, None);
    desk.point(210, 10);
    desk.effects();
    desk.hide(to);
    desk.release();
    let effects: Vec<_> = desk.effects().into_iter().map(|(who, effect)| (who, super::name(effect))).collect();
    let of_drag: Vec<_> = effects.iter().filter(|(_, name)| name.starts_with('d')).collect();
    assert_eq!(of_drag, [&(Who(2, 2), "drag leave"), &(owner, "drag cancel")]);
}

#[test]
fn a_popup_beyond_the_most_that_grab_is_closed() {
    let mut desk = Desk::new();
    let window = desk.window(1, 0, 0);
    let popups: Vec<_> = (0..64).map(|at| desk.popup(1, window, (at, at), true)).collect();
    desk.effects();
    let beyond = desk.popup(1, window, (0, 0), true);
    assert_eq!(desk.told(beyond), ["dismissed"]);
    assert!(popups.iter().all(|popup| desk.desktop.is_shown(*popup)) && !desk.desktop.is_shown(beyond));
}

#[test]
fn a_popup_that_grabs_when_it_is_closed_already_is_forgotten_with_its_parent() {
    let mut desk = Desk::new();
    let window = desk.window(1, 0, 0);
    let popup = desk.popup(1, window, (0, 0), false);
    desk.desktop.dismiss(popup);
    desk.desktop.grab_popup(popup, true);
    desk.desktop.remove(window);
    desk.desktop.remove(popup);
    assert!(desk.desktop.popups.is_empty());
}
