//! The pointer where a surface holds it.

use super::super::{Constraint, Region};
use super::{Action, Desk, Desktop, Effect, Rect, SurfaceId};

fn region(rects: &[(bool, Rect)]) -> Option<Region> {
    let mut region = Region::default();
    assert!(rects.iter().all(|(adds, rect)| region.push(*adds, *rect)));
    Some(region)
}

fn lock(once: bool) -> Option<Constraint> {
    Some(Constraint { locks: true, once, region: None })
}

/// A desk with a window at (100, 100) that has the keyboard, and the pointer on it.
fn desk() -> (Desk, SurfaceId) {
    let mut desk = Desk::new();
    let window = desk.window(1, 100, 100);
    desk.point(150, 150);
    desk.effects();
    (desk, window)
}

/// Where a surface was told that the pointer is.
fn places(desk: &mut Desk) -> Vec<(f64, f64)> {
    let place = |(_, effect)| match effect {
        Effect::PointerMotion { x, y } => Some((x, y)),
        _ => None,
    };
    desk.effects().into_iter().filter_map(place).collect()
}

#[test]
fn a_locked_pointer_stays_and_distances_go_on() {
    let (mut desk, window) = desk();
    desk.desktop.report_motion();
    desk.desktop.set_constraint(window, lock(false));
    assert_eq!(desk.told(window), ["held"]);
    desk.point(390, 290);
    desk.point(160, 150);
    desk.desktop.input(Action::MoveBy { dx: -3.0, dy: 4.0 });
    let effects: Vec<_> = desk.effects().into_iter().map(|(_, effect)| effect).collect();
    let by = |dx, dy| Effect::PointerMovedBy { dx, dy };
    assert_eq!(effects, [by(240.0, 140.0), by(-230.0, -140.0), by(-3.0, 4.0)]);

    // Without the constraint the pointer follows again, first to where the client showed it.
    desk.desktop.set_constraint(window, None);
    desk.desktop.place_pointer(window, 20.0, 30.0);
    desk.desktop.place_pointer(window, 200.0, 30.0);
    assert_eq!(places(&mut desk), [(20.0, 30.0)]);
    desk.point(151, 150);
    assert_eq!(desk.told(window), ["moved by", "motion"]);
}

#[test]
fn the_first_place_that_a_device_says_is_no_distance_from_anywhere() {
    // No device has done anything yet, and the window appears under the pointer.
    let mut desk = Desk { desktop: Desktop::new((400, 300)), next: 0 };
    desk.desktop.report_motion();
    let window = desk.window(1, 0, 0);
    assert!(desk.told(window).contains(&"enter"));
    desk.point(50, 50);
    assert_eq!(desk.told(window), ["motion"]);
    desk.point(51, 50);
    assert_eq!(desk.told(window), ["moved by", "motion"]);
}

#[test]
fn a_constraint_holds_only_while_its_window_has_the_keyboard() {
    for once in [false, true] {
        let (mut desk, window) = desk();
        desk.desktop.set_constraint(window, lock(once));
        assert_eq!(desk.told(window), ["held"]);
        let other = desk.window(2, 300, 100);
        assert_eq!(desk.told(window).last(), Some(&"freed"));
        desk.point(160, 150);
        desk.desktop.request_focus(window);
        let again = desk.told(window).contains(&"held");
        assert_eq!(again, !once, "what holds once is gone");
        desk.desktop.set_constraint(other, lock(false));
        assert!(!desk.told(other).contains(&"held"), "the pointer is elsewhere");
    }
}

#[test]
fn a_hidden_surface_holds_nothing() {
    let (mut desk, window) = desk();
    desk.desktop.set_constraint(window, lock(false));
    desk.told(window);
    desk.hide(window);
    assert!(desk.told(window).contains(&"freed"));
    assert_eq!(desk.desktop.holder(), None);
}

#[test]
fn a_confined_pointer_slides_along_the_edges_of_the_region() {
    let (mut desk, window) = desk();
    // Not the outermost pixels, and less on the right.
    let rects = [(true, Rect::new(10, 10, 80, 80)), (false, Rect::new(60, 40, 30, 20))];
    desk.desktop.set_constraint(window, Some(Constraint { region: region(&rects), ..Constraint::default() }));
    assert_eq!(desk.told(window), ["held"]);
    let mut go = |x, y| {
        desk.point(x, y);
        let place = places(&mut desk).pop();
        place.map(|(x, y)| (x.floor() as i32, y.floor() as i32))
    };
    assert_eq!(go(390, 160), Some((59, 60)), "a corner is in the way");
    assert_eq!(go(159, 170), Some((59, 70)));
    assert_eq!(go(390, 170), Some((89, 70)));
    assert_eq!(go(0, 0), Some((10, 10)));
    assert_eq!(desk.told(window), [""; 0]);

    // Where the pointer is not, it is not held.
    desk.desktop.set_constraint_region(window, region(&[(true, Rect::new(50, 50, 10, 10))]));
    assert_eq!(desk.told(window), ["freed"]);
    desk.point(155, 155);
    assert_eq!(desk.told(window), ["motion", "held"]);
}

#[test]
fn distances_end_at_the_edges_of_the_screen() {
    let (mut desk, _) = desk();
    for (by, to) in [((-1000.0, 5.0), (0.0, 155.0)), ((1e9, 1e9), (399.0, 299.0)), ((-0.5, -299.0), (398.5, 0.0))] {
        desk.desktop.input(Action::MoveBy { dx: by.0, dy: by.1 });
        assert_eq!(desk.desktop.pointer.at, to);
    }
}
