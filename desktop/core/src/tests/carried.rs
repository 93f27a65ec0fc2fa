//! A desktop that goes over is the same afterwards, for whoever looks at it and whatever happens next.

mod damage;

use proptest::prelude::*;
use wayline::carry::{self, CarryError, State};

use super::super::{Constraint, Desktop, Region};
use super::random::{Run, steps};
use super::{Action, Desk, Effect, Rect, SurfaceId, Who, content};

type Desktops = Desktop<Who, Vec<u8>>;

/// Bytes in front of a state: what it is, its format, its length and its checksum.
const HEADER: usize = 32;

/// Form and size of the screen.
const FRONT: usize = 12;

/// The desk as a successor has it.
pub(super) fn carried(desk: &Desk) -> Desk {
    let desktop = carry::from_state(carry::to_state(&desk.desktop).unwrap()).unwrap();
    Desk { desktop, next: desk.next }
}

/// What `change` makes of a desktop's state behind its front, with the checksum that fits.
fn changed(desktop: &Desktops, change: impl FnOnce(&mut [u8])) -> Result<Desktops, CarryError> {
    let (mut bytes, fds) = carry::to_state(desktop).unwrap().into_parts();
    change(&mut bytes[HEADER + FRONT..]);
    let fnv = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let sum = bytes[HEADER..].iter().fold(0xcbf2_9ce4_8422_2325, fnv);
    bytes[HEADER - 8..HEADER].copy_from_slice(&sum.to_le_bytes());
    carry::from_state(State::from_parts(bytes, fds))
}

/// All that can be asked, and what is behind it, but for what differs: keys of windows, and what is damaged.
fn answers(desktop: &Desktops, all: &[SurfaceId]) -> Vec<String> {
    let of_each = all.iter().map(|&id| {
        let place = (desktop.owner(id), desktop.is_shown(id), desktop.position(id), desktop.size(id));
        let tree = (desktop.root(id), desktop.origin(id), desktop.parent(id), desktop.extent(id));
        format!("{place:?} {tree:?} {:?} {:?} {}", desktop.geometry(id), desktop.wanted(id), desktop.may_grab(id))
    });
    let focus = (desktop.pointer_focus(), desktop.keyboard_focus(), desktop.holder(), desktop.cursor());
    let seat = (&desktop.pointer, &desktop.keyboard, &desktop.touch, &desktop.popups, &desktop.grab);
    let order: Vec<_> = desktop.stack.values().collect();
    let screen = (&desktop.shown, order, &desktop.docks, desktop.covering, desktop.usable(), desktop.is_locked());
    let rest = (desktop.latest, desktop.mapped, desktop.serial, desktop.stale, &desktop.effects);
    of_each.chain([format!("{focus:?}"), format!("{seat:?}"), format!("{screen:?}"), format!("{rest:?}")]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(150) })]

    #[test]
    fn nobody_can_tell_a_desktop_from_one_that_never_went_over(
        steps in steps(),
        goes in prop::collection::vec(prop::bool::weighted(0.2), 80),
    ) {
        let (mut stays, mut moves) = (Run::new(), Run::new());
        for (step, goes) in steps.into_iter().zip(goes) {
            stays.go(step);
            moves.go(step);
            // Before anything was looked at, and with effects that nobody has taken.
            if goes {
                moves.desk = carried(&moves.desk);
            }
            prop_assert_eq!(answers(&stays.desk.desktop, &stays.all), answers(&moves.desk.desktop, &moves.all));
            stays.check();
            moves.check();
            prop_assert_eq!(&stays.heard, &moves.heard);
            if goes {
                stays.desk.desktop.compose();
                moves.desk.desktop.compose();
                prop_assert!(stays.desk.desktop.frame() == moves.desk.desktop.frame());
            }
        }
    }

    #[test]
    fn a_state_that_was_changed_is_refused_or_harms_nobody(
        before in steps(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..7), 1..4),
        after in steps(),
    ) {
        let mut run = Run::new();
        run.believes = false;
        before.into_iter().for_each(|step| run.go(step));
        // Few of the bytes are to be pixels.
        for surface in run.desk.desktop.surfaces.values_mut().filter(|surface| surface.is_mapped()) {
            surface.view.content = Some(content(1, 1));
        }
        let loaded = changed(&run.desk.desktop, |bytes| {
            for (at, from, how) in changes {
                let (at, from) = (at.index(bytes.len()), from.index(bytes.len()));
                bytes[at] = match how {
                    0 => 0,
                    1 => u8::MAX,
                    2 => bytes[at].wrapping_add(1),
                    3 => bytes[at].wrapping_sub(1),
                    4 => bytes[at] ^ 0x80,
                    5 => 2,
                    _ => bytes[from],
                };
            }
        });
        if let Ok(desktop) = loaded {
            run.desk.desktop = desktop;
            for step in after {
                run.go(step);
                run.desk.desktop.compose();
                run.hear();
                answers(&run.desk.desktop, &run.all);
            }
        }
    }
}

#[test]
fn a_successor_draws_everything_and_says_nothing() {
    let mut desk = Desk::new();
    let window = desk.window(1, 50, 50);
    desk.point(60, 60);
    desk.effects();
    let before = desk.desktop.next_serial();
    desk.desktop.compose();
    let frame = desk.desktop.frame().clone();
    assert!(!desk.desktop.is_changed());
    desk = carried(&desk);
    assert!(desk.desktop.is_changed());
    assert_eq!(desk.effects(), []);
    let (composed, _) = desk.desktop.compose();
    assert_eq!(composed.damage, [frame.bounds()]);
    assert!(*desk.desktop.frame() == frame);
    assert_eq!((desk.desktop.pointer_focus(), desk.effects().len()), (Some(window), 0));
    assert_eq!(desk.desktop.next_serial(), before + 1);
    // Names go on where they were.
    assert!(desk.surface(1) > window);
}

#[test]
fn what_was_not_taken_is_told_by_the_successor_once() {
    let mut desk = Desk::new();
    desk.window(1, 50, 50);
    desk.effects();
    desk.desktop.input(Action::Key { code: 5, pressed: true });
    desk = carried(&desk);
    let effects = desk.effects();
    assert!(matches!(effects[..], [(Who(1, 1), Effect::Key { code: 5, pressed: true, .. })]), "{effects:?}");
    desk = carried(&desk);
    assert_eq!((desk.effects(), desk.desktop.held_keys()), (vec![], &[5][..]));
}

#[test]
fn a_button_that_is_down_goes_on_to_lead_a_move() {
    let mut desk = Desk::new();
    let window = desk.window(1, 50, 50);
    desk.point(60, 60);
    let serial = desk.press();
    desk = carried(&desk);
    assert!(desk.desktop.start_move(window, serial));
    desk = carried(&desk);
    desk.point(90, 80);
    assert_eq!(desk.desktop.position(window), Some((80, 70)));
    desk = carried(&desk);
    desk.release();
    desk.point(0, 0);
    assert_eq!(desk.desktop.position(window), Some((80, 70)));
}

#[test]
fn copies_of_a_region_stay_one() {
    let mut desk = Desk::new();
    let (one, two) = (desk.window(1, 0, 0), desk.window(1, 200, 0));
    let mut region = Region::default();
    assert!((0..4096).all(|n| region.push(true, Rect::new(n, 0, 1, 1))));
    let length = |desk: &Desk| carry::to_state(&desk.desktop).unwrap().into_parts().0.len();
    desk.desktop.set_input(one, Some(region.clone()));
    let before = length(&desk);
    desk.desktop.set_input(two, Some(region.clone()));
    assert!(length(&desk) < before + 10);
    let wanted = Constraint { locks: false, region: Some(region), once: false };
    desk.desktop.set_constraint(two, Some(wanted));
    desk = carried(&desk);
    let surface = |id| &desk.desktop.surfaces[&id];
    let regions = [&surface(one).input, &surface(two).input, &surface(two).constraint.as_ref().unwrap().region];
    let [one, two, three] = regions.map(|region| std::sync::Arc::as_ptr(&region.as_ref().unwrap().0));
    assert!(one == two && two == three);
}
