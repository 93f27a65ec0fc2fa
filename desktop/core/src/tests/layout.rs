//! Where windows are.

use super::super::Edges;
use super::super::Shape;
use super::super::{Dock, Rect};
use super::Desk;

#[test]
fn a_window_fills_the_screen_and_comes_back_to_its_place() {
    let mut desk = Desk::new();
    let window = desk.window(1, 30, 40);
    desk.desktop.want_shape(window, Some(true), None);
    let wanted = desk.desktop.wanted(window);
    assert_eq!((wanted.size, wanted.fills), ((400, 300), Rect::new(0, 0, 400, 300)));
    desk.desktop.settle_window(window, Some((Shape::Maximised, wanted.fills)), (0, 0));
    assert_eq!(desk.desktop.position(window), Some((0, 0)));
    desk.desktop.want_shape(window, Some(false), None);
    assert_eq!(desk.desktop.wanted(window).size, (100, 100));
    desk.desktop.settle_window(window, Some((Shape::Floating, Rect::EMPTY)), (0, 0));
    assert_eq!(desk.desktop.position(window), Some((30, 40)));
}

#[test]
fn a_window_fills_its_tile_and_comes_back_to_its_place() {
    let mut desk = Desk::new();
    let window = desk.window(1, 30, 40);
    let (left, right) = (Rect::new(0, 0, 200, 300), Rect::new(200, 0, 200, 300));
    for tile in [left, right] {
        desk.desktop.set_tile(window, Some(tile));
        assert_eq!(desk.told(window).iter().filter(|told| **told == "configure").count(), 1);
        let wanted = desk.desktop.wanted(window);
        assert_eq!((wanted.shape(), wanted.size, wanted.fills), (Shape::Maximised, (200, 300), tile));
        desk.desktop.settle_window(window, Some((wanted.shape(), wanted.fills)), (0, 0));
        assert_eq!(desk.desktop.position(window), Some((tile.left(), tile.top())));
    }
    desk.desktop.set_tile(window, Some(right));
    assert!(desk.told(window).is_empty(), "nothing is new");
    desk.desktop.want_shape(window, None, Some(true));
    assert_eq!(desk.desktop.wanted(window).fills, Rect::new(0, 0, 400, 300));
    desk.desktop.want_shape(window, None, Some(false));
    assert_eq!(desk.desktop.wanted(window).fills, right);
    desk.desktop.set_tile(window, None);
    assert_eq!((desk.desktop.wanted(window).shape(), desk.desktop.wanted(window).size), (Shape::Floating, (100, 100)));
    desk.desktop.settle_window(window, Some((Shape::Floating, Rect::EMPTY)), (0, 0));
    assert_eq!(desk.desktop.position(window), Some((30, 40)));
}

#[test]
fn a_small_fullscreen_window_is_in_the_middle_of_a_black_screen() {
    let mut desk = Desk::new();
    let window = desk.window(1, 0, 0);
    desk.desktop.settle_window(window, Some((Shape::Fullscreen, Rect::new(0, 0, 400, 300))), (0, 0));
    assert_eq!(desk.desktop.position(window), Some((150, 100)));
    desk.desktop.compose();
    let frame = desk.desktop.frame();
    assert_eq!((frame.row(0, 0, 1), frame.row(150, 200, 201)), (&[0xff00_0000][..], &[0xffff_ffff][..]));
}

#[test]
fn dialogs_are_in_the_middle_of_their_parent_and_on_the_screen() {
    let mut desk = Desk::new();
    let parent = desk.window(1, 320, 220);
    let dialog = desk.surface(1);
    desk.desktop.make_window(dialog);
    assert!(desk.desktop.set_parent(dialog, Some(parent)));
    desk.show(dialog, 200, 200);
    assert_eq!(desk.desktop.position(dialog), Some((200, 100)));
    assert!(!desk.desktop.set_parent(parent, Some(dialog)), "a circle");
}

#[test]
fn what_was_between_windows_ends_when_one_is_hidden() {
    let mut desk = Desk::new();
    let (parent, child) = (desk.window(1, 0, 0), desk.window(1, 50, 50));
    assert!(desk.desktop.set_parent(child, Some(parent)));
    desk.hide(child);
    desk.show(child, 10, 10);
    assert!(desk.desktop.set_parent(parent, Some(child)));
}

#[test]
fn a_window_is_raised_with_those_that_belong_to_it() {
    let mut desk = Desk::new();
    let (parent, child, other) = (desk.window(1, 0, 0), desk.window(1, 10, 0), desk.window(2, 20, 0));
    desk.desktop.set_parent(child, Some(parent));
    desk.point(5, 50);
    desk.press();
    let order: Vec<_> = desk.desktop.stack.values().copied().collect();
    assert_eq!(order, [other, parent, child]);
}

#[test]
fn windows_keep_off_what_docks_reserve() {
    let mut desk = Desk::new();
    let panel = desk.surface(1);
    desk.desktop.make_window(panel);
    let anchor = Edges(Edges::TOP.0 | Edges::LEFT.0 | Edges::RIGHT.0);
    desk.desktop.set_dock(panel, Dock { level: 1, size: (0, 30), anchor, zone: 30, ..Dock::default() });
    let window = desk.window(2, 100, 100);
    assert!(desk.told(panel).contains(&"configure"));
    assert_eq!(desk.desktop.wanted(panel).size, (400, 30));
    assert_eq!(desk.desktop.wanted(window).usable, Rect::new(0, 30, 400, 270));
    desk.desktop.remove(panel);
    assert_eq!(desk.told(window), ["configure"]);
}

#[test]
fn a_fullscreen_window_is_above_panels_until_another_one_is_raised() {
    let mut desk = Desk::new();
    let (panel, full) = (desk.surface(1), desk.window(2, 0, 0));
    desk.desktop.make_window(panel);
    desk.desktop.set_dock(panel, Dock { level: 1, size: (100, 30), ..Dock::default() });
    desk.show(panel, 100, 30);
    desk.point(50, 50);
    desk.press();
    desk.desktop.settle_window(full, Some((Shape::Fullscreen, Rect::new(0, 0, 400, 300))), (0, 0));
    assert_eq!(desk.desktop.stack.values().last(), Some(&full));
    desk.window(3, 0, 0);
    assert_eq!(desk.desktop.stack.values().last(), Some(&panel));
}

/// Work to place a window does not grow with those that are there.
#[test]
fn thousands_of_windows_are_placed_one_by_one() {
    let mut desk = Desk::new();
    for _ in 0..3000 {
        let id = desk.desktop.add(super::Who(1, 1));
        desk.desktop.make_window(id);
        desk.show(id, 2, 2);
    }
    assert_eq!(desk.desktop.stack.len(), 3000);
}

#[test]
fn a_dock_takes_no_room_from_windows_beyond_the_screen_and_gives_them_none() {
    let mut desk = Desk::new();
    let panel = desk.surface(1);
    desk.desktop.make_window(panel);
    let anchor = Edges(Edges::TOP.0 | Edges::LEFT.0 | Edges::RIGHT.0);
    for (zone, margin) in [(1, i32::MIN), (i32::MAX, i32::MAX), (1, -40)] {
        desk.desktop.set_dock(panel, Dock { level: 1, anchor, zone, margin: [margin, 0, 0, 0], ..Dock::default() });
        desk.show(panel, 400, 30);
        desk.desktop.refresh();
        let window = desk.surface(2);
        desk.desktop.make_window(window);
        desk.show(window, 100, 100);
        let usable = desk.desktop.usable();
        assert!(Rect::new(0, 0, 400, 300).covers(usable), "{usable:?}");
        desk.hide(panel);
    }
}

#[test]
fn docks_are_placed_by_their_edges() {
    let bounds = Rect::new(0, 0, 100, 80);
    let dock = |anchor: u32, size| Dock { anchor: Edges(anchor), size, ..Dock::default() };
    assert_eq!(dock(0, (20, 10)).place(bounds), Rect::new(40, 35, 20, 10));
    assert_eq!(dock(Edges::RIGHT.0 | Edges::BOTTOM.0, (20, 10)).place(bounds), Rect::new(80, 70, 20, 10));
    assert_eq!(dock(15, (0, 0)).place(bounds), bounds);
    let far = Dock { margin: [i32::MIN, i32::MAX, i32::MIN, i32::MAX], zone: i32::MAX, ..dock(15, (0, u32::MAX)) };
    let _ = (far.place(bounds), far.reserve(bounds));
}
