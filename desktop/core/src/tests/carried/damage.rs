//! States in which something does not agree.

use wayline::carry;

use super::super::super::{Dock, Place, Surface, window_state::Window};
use super::super::{Desk, Rect, SurfaceId, Who};
use super::{Desktops, carried};

/// What a successor says to a desk that was changed by hand.
#[track_caller]
fn refused(desk: &Desk, change: impl FnOnce(&mut Desktops), what: &str) {
    let mut damaged = carried(desk);
    change(&mut damaged.desktop);
    let error = carry::from_state::<Desktops>(carry::to_state(&damaged.desktop).unwrap()).unwrap_err().to_string();
    assert!(error.contains(what), "{error}");
}

fn surface(desktop: &mut Desktops, id: SurfaceId) -> &mut Surface<Who, Vec<u8>> {
    desktop.surfaces.get_mut(&id).unwrap()
}

fn window(desktop: &mut Desktops, id: SurfaceId) -> &mut Window {
    desktop.window_mut(id).unwrap()
}

#[test]
fn surfaces_that_do_not_agree_are_damage() {
    let mut desk = Desk::new();
    let (one, two) = (desk.window(1, 0, 0), desk.window(1, 200, 0));
    let part = desk.part(1, one);
    let popup = desk.popup(1, two, (0, 0), false);
    desk.desktop.refresh();
    let nobody = SurfaceId(1 << 40);
    refused(&desk, |desktop| surface(desktop, one).children_mut().above.push(nobody), "a part that is not one");
    refused(&desk, |desktop| surface(desktop, one).children_mut().below.push(part), "a part that is not one");
    refused(&desk, |desktop| surface(desktop, one).children_mut().popups.push(popup), "a popup that is not one");
    refused(&desk, |desktop| surface(desktop, one).children_mut().above.clear(), "its parent does not have");
    refused(&desk, |desktop| surface(desktop, one).children_mut().height = u32::MAX, "too high");
    refused(&desk, |desktop| surface(desktop, one).children_mut().count = 2, "more on it than there is");
    refused(&desk, |desktop| surface(desktop, one).view.rank = Some(1), "another one's");
    refused(&desk, |desktop| surface(desktop, one).view.rank = Some(usize::MAX), "another one's");
    refused(&desk, |desktop| surface(desktop, one).window = None, "a window that is elsewhere");
    refused(&desk, |desktop| window(desktop, one).key = None, "not in the order");
    refused(&desk, |desktop| window(desktop, one).parent = Some(two), "its parent does not have");
    refused(&desk, |desktop| window(desktop, one).children.push(two), "does not belong");
    refused(&desk, |desktop| window(desktop, one).dock = Some(Dock::default()), "docks that are not listed");
}

#[test]
fn what_belongs_to_itself_is_damage() {
    let mut desk = Desk::new();
    let (one, two) = (desk.window(1, 0, 0), desk.window(1, 200, 0));
    let (lower, upper) = (desk.part(1, one), desk.surface(1));
    desk.desktop.make_part(upper, lower).unwrap();
    desk.desktop.set_order(lower, &[], &[upper]);
    let circle = |desktop: &mut Desktops| {
        surface(desktop, one).children_mut().above.clear();
        surface(desktop, upper).children_mut().above.push(lower);
        surface(desktop, lower).place = Place::Part { parent: upper, offset: (0, 0), listed: true };
    };
    refused(&desk, circle, "surfaces that belong to each other");
    let circle = |desktop: &mut Desktops| {
        for (id, other) in [(one, two), (two, one)] {
            let window = window(desktop, id);
            (window.parent, window.children) = (Some(other), vec![other]);
        }
    };
    refused(&desk, circle, "windows that belong to each other");
}

#[test]
fn names_screens_and_focus_that_cannot_be_are_damage() {
    let mut desk = Desk::new();
    let window = desk.window(1, 0, 0);
    let hidden = desk.surface(1);
    refused(&desk, |desktop| desktop.latest = u64::MAX, "given out by nobody");
    refused(&desk, |desktop| desktop.latest = 1, "comes later");
    refused(&desk, |desktop| desktop.covering = Some(hidden), "no window covers");
    refused(&desk, |desktop| desktop.usable = Rect::new(0, 0, 401, 300), "beside the screen");
    refused(&desk, |desktop| desktop.docks.push(window), "docks that are not listed");
    refused(&desk, |desktop| desktop.keyboard.focus = Some(hidden), "an active window");
    refused(&desk, |desktop| desktop.pointer.over = Some((hidden, 0.0, 0.0)), "something hidden");
}

#[test]
fn a_screen_too_large_and_another_form_are_refused() {
    let large = Desktops::new((16385, 1));
    assert_eq!(carry::to_state(&large).unwrap_err().to_string(), "a screen of 16385x1 pixels");
    let error = |state| carry::from_state::<Desktops>(state).unwrap_err().to_string();
    assert!(error(carry::to_state(&[1_u32, 16385, 1]).unwrap()).contains("too large"));
    assert!(error(carry::to_state(&2_u32).unwrap()).contains("another form"));
}
