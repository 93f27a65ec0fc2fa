//! Surfaces on surfaces.

use super::super::{BUDGET, MAX_PARTS, Rect, Stale, TreeError};
use super::{Desk, SurfaceId};

#[test]
fn parts_are_shown_with_their_parent_in_the_order_it_gives() {
    let mut desk = Desk::new();
    let window = desk.window(1, 0, 0);
    let (a, b) = (desk.part(1, window), desk.surface(1));
    desk.desktop.make_part(b, window).unwrap();
    desk.show(b, 20, 20);
    assert!(desk.desktop.is_shown(a) && !desk.desktop.is_shown(b), "not before it is listed");
    desk.desktop.set_order(window, &[b], &[a]);
    assert!(desk.desktop.is_shown(b));
    desk.point(10, 10);
    assert_eq!(desk.desktop.pointer_focus(), Some(a));
    desk.desktop.set_order(window, &[], &[a, b]);
    desk.desktop.refresh();
    assert_eq!(desk.desktop.pointer_focus(), Some(b));
    desk.hide(window);
    assert!(!desk.desktop.is_shown(a) && desk.desktop.pointer_focus().is_none());
}

#[test]
fn a_part_made_anew_is_shown_without_new_content() {
    let mut desk = Desk::new();
    let window = desk.window(1, 0, 0);
    let part = desk.part(1, window);
    desk.desktop.detach(part);
    assert!(!desk.desktop.is_shown(part));
    desk.desktop.make_part(part, window).unwrap();
    desk.desktop.set_order(window, &[], &[part]);
    assert!(desk.desktop.is_shown(part));
}

#[test]
fn places_add_up() {
    let mut desk = Desk::new();
    let window = desk.window(1, 10, 20);
    let part = desk.part(1, window);
    let inner = desk.part(1, part);
    desk.desktop.set_offset(part, (5, 5));
    desk.desktop.set_offset(inner, (-2, 1));
    assert_eq!(desk.desktop.origin(inner), (13, 26));
    assert_eq!(desk.desktop.extent(part), Some(Rect::new(-2, 0, 22, 21)));
}

#[test]
fn trees_have_no_circles_and_limits() {
    let mut desk = Desk::new();
    let window = desk.window(1, 0, 0);
    let (mut at, mut depth) = (window, 1);
    let refusal = loop {
        let next = desk.surface(1);
        match desk.desktop.make_part(next, at) {
            Ok(()) => (at, depth) = (next, depth + 1),
            Err(error) => break error,
        }
    };
    assert_eq!((refusal, depth), (TreeError::Deep, 32));
    assert_eq!(desk.desktop.make_part(window, at), Err(TreeError::Cycle));
    for _ in 0..MAX_PARTS {
        let popup = desk.desktop.add(super::Who(1, 0));
        desk.desktop.make_popup(popup, window, false).unwrap();
    }
    let popup = desk.surface(1);
    assert_eq!(desk.desktop.make_popup(popup, window, false), Err(TreeError::Full));
}

/// How deep a tree gets to which surfaces are added at the bottom, by `attach`, of the one above to the next one.
fn depth_from_below(attach: impl Fn(&mut Desk, SurfaceId, SurfaceId) -> Result<(), TreeError>) -> (TreeError, u32) {
    let mut desk = Desk::new();
    let (mut at, mut depth) = (desk.surface(1), 1);
    loop {
        let next = desk.desktop.add(super::Who(1, 0));
        match attach(&mut desk, at, next) {
            Ok(()) if depth < 100 => (at, depth) = (next, depth + 1),
            Ok(()) => panic!("{depth} levels"),
            Err(error) => return (error, depth),
        }
    }
}

#[test]
fn a_tree_that_grows_from_below_gets_no_deeper() {
    let deep = (TreeError::Deep, 32);
    assert_eq!(depth_from_below(|desk, id, parent| desk.desktop.make_part(id, parent)), deep);
    assert_eq!(depth_from_below(|desk, id, parent| desk.desktop.make_popup(id, parent, true)), deep);
    // Parts and popups by turns.
    let by_turns = depth_from_below(|desk, id, parent| {
        if parent.0 % 2 == 0 { desk.desktop.make_part(id, parent) } else { desk.desktop.make_popup(id, parent, false) }
    });
    assert_eq!(by_turns, deep);
    // A part that is not listed yet, and another one that comes and goes.
    let unlisted = depth_from_below(|desk, id, parent| {
        desk.desktop.make_part(id, parent)?;
        let other = desk.part(1, parent);
        desk.desktop.remove(other);
        Ok(())
    });
    assert_eq!(unlisted, deep);
}

#[test]
fn nested_parts_cost_as_much_as_there_are() {
    let mut desk = Desk::new();
    let mut at = desk.window(1, 0, 0);
    for _ in 0..26 {
        at = desk.part(1, at);
    }
    let mut visited = 1024;
    let root = desk.desktop.root(at);
    assert!(desk.desktop.extent_at(root, (0, 0), &mut visited).is_some());
    assert_eq!(1024 - visited, 27);
}

#[test]
fn the_cursor_and_icons_take_no_input() {
    let mut desk = Desk::new();
    let (window, cursor) = (desk.window(1, 0, 0), desk.surface(1));
    desk.show(cursor, 16, 16);
    desk.desktop.draw_cursors(true);
    desk.desktop.set_cursor(Some(cursor), (8, 8));
    desk.point(50, 50);
    assert_eq!((desk.desktop.pointer_focus(), desk.desktop.origin(cursor)), (Some(window), (42, 42)));
    assert!(desk.desktop.is_shown(cursor));
}

/// Surfaces that are looked at for some commits of one turn, each of which moves something.
fn looked_at(surfaces: usize, commits: usize) -> usize {
    let mut desk = Desk::new();
    let mut parts = Vec::new();
    for _ in 0..surfaces.div_ceil(100) {
        let window = desk.window(1, 0, 0);
        for _ in 0..99 {
            let part = desk.desktop.add(super::Who(1, 0));
            desk.desktop.make_part(part, window).unwrap();
            desk.show(part, 1, 1);
            parts.push((window, part));
        }
        let own: Vec<_> = parts.iter().filter(|(of, _)| *of == window).map(|(_, part)| *part).collect();
        desk.desktop.set_order(window, &[], &own);
    }
    desk.desktop.refresh();
    let mut count = 0;
    for commit in 0..commits {
        desk.desktop.set_offset(parts[commit % parts.len()].1, (commit as i32, 1));
        count += looked_at_early(&mut desk);
    }
    if desk.desktop.stale >= Stale::Tree {
        desk.desktop.refresh();
        count += desk.desktop.looked_at;
    }
    count
}

/// How many surfaces a request looks at that changed something.
fn looked_at_early(desk: &mut Desk) -> usize {
    assert!(desk.desktop.stale >= Stale::Tree);
    desk.desktop.refresh_early();
    if desk.desktop.stale == Stale::Nothing { desk.desktop.looked_at } else { 0 }
}

#[test]
fn commits_of_one_turn_look_at_a_bounded_number_of_surfaces() {
    assert_eq!(looked_at(100, 10), 10 * 100);
    for (surfaces, commits) in [(2000, 1000), (8000, 1000), (2000, 4000)] {
        let count = looked_at(surfaces, commits);
        assert!(count <= BUDGET + surfaces, "{surfaces} surfaces, {commits} commits: {count}");
    }
}

#[test]
fn popups_that_are_not_shown_count_among_the_surfaces_that_commits_look_at() {
    let mut desk = Desk::new();
    let window = desk.window(1, 0, 0);
    let popups: Vec<_> = (0..MAX_PARTS).map(|_| desk.desktop.add(super::Who(1, 0))).collect();
    for popup in &popups {
        desk.desktop.make_popup(*popup, window, false).unwrap();
    }
    assert_eq!(desk.desktop.looked_at, MAX_PARTS + 1, "before they are arranged for the first time");
    desk.desktop.move_window(window, (1, 0));
    desk.desktop.refresh();
    assert_eq!(desk.desktop.looked_at, MAX_PARTS + 1);
    let mut count = 0;
    for x in 0..100 {
        desk.desktop.move_window(window, (x, 1));
        count += looked_at_early(&mut desk);
    }
    assert!(count <= BUDGET, "{count}");
    desk.desktop.refresh();
    for popup in popups {
        desk.desktop.remove(popup);
        assert_eq!(desk.desktop.stale, Stale::Nothing, "nobody sees that it goes");
    }
}

#[test]
fn what_comes_into_view_with_a_window_counts_at_once() {
    let mut desk = Desk::new();
    let window = desk.window(1, 0, 0);
    desk.hide(window);
    for _ in 0..MAX_PARTS {
        let popup = desk.desktop.add(super::Who(1, 0));
        desk.desktop.make_popup(popup, window, false).unwrap();
    }
    desk.desktop.compose();
    desk.show(window, 10, 10);
    assert_eq!((desk.desktop.budget, looked_at_early(&mut desk)), (BUDGET, MAX_PARTS + 1));
    assert_eq!(desk.desktop.budget, BUDGET - MAX_PARTS - 1);
}

#[test]
fn the_name_of_a_surface_that_went_leads_to_no_other() {
    let mut desk = Desk::new();
    let old: Vec<_> = (0..100).map(|_| desk.surface(1)).collect();
    old.iter().for_each(|id| drop(desk.desktop.remove(*id)));
    let new: Vec<_> = (0..100).map(|_| desk.surface(1)).collect();
    assert!(old.iter().all(|id| desk.desktop.owner(*id).is_none()));
    assert!(new.iter().all(|id| desk.desktop.owner(*id).is_some()));
}

#[test]
fn memory_follows_the_surfaces_that_are_there_not_those_that_were() {
    let mut desk = Desk::new();
    let many: Vec<_> = (0..10_000).map(|_| desk.desktop.add(super::Who(1, 0))).collect();
    many[1..].iter().for_each(|id| drop(desk.desktop.remove(*id)));
    assert!(desk.desktop.surfaces.capacity() <= 16, "{}", desk.desktop.surfaces.capacity());
    assert!(desk.desktop.owner(many[0]).is_some());
}
