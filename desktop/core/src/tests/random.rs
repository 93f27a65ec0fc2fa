//! Whatever is asked, in whatever order: focus is on something shown, whoever was entered is left before anything else
//! is entered, nobody is told of what was removed, and grabs end with their windows.

mod belief;

use belief::Belief;
use proptest::prelude::*;

use super::super::{Constraint, Decoration, Region, Shape, View};
use super::super::{Dock, Edges, Grab, Keyboard};
use super::{Action, Content, Desk, Effect, Layout, PixelFormat, Rect, SurfaceId, Touch, Who};

#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Window(u8),
    Dock(u8, i8),
    Part(u8, u8),
    Popup(u8, u8, bool),
    Transient(u8, u8),
    Show(u8),
    Dress(u8, u8),
    Hide(u8),
    Detach(u8),
    Remove(u8),
    Move(u8, u8, u8),
    Parent(u8, u8),
    Order(u8),
    Fill(u8),
    Tile(u8, bool),
    Keyboard(u8, u8),
    Dismiss(u8),
    Cursor(u8),
    Point(u8, u8),
    Hold(u8, u8),
    Button(bool),
    Key(bool),
    Grab(u8, u8),
    Drag(u8, bool),
    StopDrag,
    Finger(u8, u8, u8),
    Lock(bool),
    Cover(u8),
    Tick,
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    use Step::*;
    let n = any::<u8>;
    let step = prop_oneof![
        1 => n().prop_map(Window),
        1 => (n(), -2..3_i8).prop_map(|(a, b)| Dock(a, b)),
        1 => (n(), n()).prop_map(|(a, b)| Part(a, b)),
        1 => (n(), n(), any::<bool>()).prop_map(|(a, b, c)| Popup(a, b, c)),
        1 => (n(), n()).prop_map(|(a, b)| Transient(a, b)),
        4 => n().prop_map(Show),
        1 => (n(), n()).prop_map(|(a, b)| Dress(a, b)),
        2 => n().prop_map(Hide),
        1 => n().prop_map(Detach),
        1 => n().prop_map(Remove),
        1 => (n(), n(), n()).prop_map(|(a, b, c)| Move(a, b, c)),
        1 => (n(), n()).prop_map(|(a, b)| Parent(a, b)),
        1 => n().prop_map(Order),
        1 => n().prop_map(Fill),
        1 => (n(), any::<bool>()).prop_map(|(a, b)| Tile(a, b)),
        1 => (n(), n()).prop_map(|(a, b)| Keyboard(a, b)),
        1 => n().prop_map(Dismiss),
        1 => n().prop_map(Cursor),
        3 => (n(), n()).prop_map(|(a, b)| Point(a, b)),
        2 => (n(), n()).prop_map(|(a, b)| Hold(a, b)),
        3 => any::<bool>().prop_map(Button),
        1 => any::<bool>().prop_map(Key),
        2 => (n(), n()).prop_map(|(a, b)| Grab(a, b)),
        1 => (n(), any::<bool>()).prop_map(|(a, b)| Drag(a, b)),
        1 => Just(StopDrag),
        3 => (n(), n(), n()).prop_map(|(a, b, c)| Finger(a, b, c)),
        1 => any::<bool>().prop_map(Lock),
        1 => n().prop_map(Cover),
        2 => Just(Tick),
    ];
    prop::collection::vec(step, 1..80)
}

pub(super) struct Run {
    pub(super) desk: Desk,
    pub(super) all: Vec<SurfaceId>,
    belief: Belief,
    /// Whether what is said is compared with what was said before.
    pub(super) believes: bool,
    /// What was said so far, and to whom.
    pub(super) heard: Vec<(Who, Effect)>,
}

impl Run {
    pub(super) fn new() -> Run {
        Run { desk: Desk::new(), all: Vec::new(), belief: Belief::default(), believes: true, heard: Vec::new() }
    }

    /// A step, and before it a window if there is none.
    pub(super) fn go(&mut self, step: Step) {
        if self.any(0).is_none() && !matches!(step, Step::Window(_)) {
            self.step(Step::Window(0));
        }
        self.step(step);
    }

    fn any(&self, n: u8) -> Option<SurfaceId> {
        (!self.all.is_empty()).then(|| self.all[usize::from(n) % self.all.len()])
    }

    fn step(&mut self, step: Step) {
        let desktop = &mut self.desk.desktop;
        let pick = |n: u8| (!self.all.is_empty()).then(|| self.all[usize::from(n) % self.all.len()]);
        let some = |n: u8| pick(n).unwrap_or(SurfaceId::default());
        match step {
            Step::Window(client) | Step::Dock(client, _) if self.all.len() < 12 => {
                let id = self.desk.surface(client % 3);
                self.all.push(id);
                self.desk.desktop.make_window(id);
                if let Step::Dock(_, level) = step {
                    let zone = i32::from(level) * 10;
                    self.desk.desktop.set_dock(id, Dock { level, size: (40, 20), zone, ..Dock::default() });
                }
            }
            Step::Window(n) => desktop.make_window(some(n)),
            Step::Dock(n, level) => desktop.set_dock(some(n), Dock { level, ..Dock::default() }),
            Step::Part(a, b) => drop(desktop.make_part(some(a), some(b))),
            Step::Popup(a, b, grabs) => {
                if desktop.make_popup(some(a), some(b), false).is_ok() && grabs && desktop.may_grab(some(a)) {
                    desktop.grab_popup(some(a), true);
                }
            }
            Step::Transient(a, b) => drop(desktop.make_popup(some(a), some(b), true)),
            Step::Show(n) => {
                let id = some(n);
                self.desk.show(id, 10 + i32::from(n), 30);
            }
            Step::Dress(n, how) => {
                let id = some(n);
                desktop.set_decoration(id, if how & 1 == 0 { Decoration::None } else { Decoration::Shadow });
                desktop.set_opaque(id, Rect::new(2, 2, i32::from(how), 9));
                desktop.set_geometry(id, (how & 2 == 0).then(|| Rect::new(1, 3, i32::from(n), 20)));
                let mut input = Region::default();
                assert!(input.push(true, Rect::new(0, 0, 200, 200)) && input.push(false, Rect::new(4, 4, 5, 5)));
                desktop.set_input(id, (how & 4 == 0).then_some(input));
                desktop.set_reactive(id, how & 8 == 0);
                desktop.set_offset(id, (i32::from(how), i32::from(n)));
                desktop.set_title(id, &format!("window {how}"));
                desktop.set_limits(id, (5, 5), (i32::from(how), 0));
                if how & 16 == 0 && desktop.is_shown(id) {
                    let layout = Layout::packed(0, 10, 10, PixelFormat::ARGB8888).unwrap();
                    desktop.set_content(id, Some(Content { pixels: vec![how; 400], layout }), &[]);
                }
            }
            Step::Hide(n) => self.desk.hide(some(n)),
            Step::Detach(n) => desktop.detach(some(n)),
            Step::Remove(n) => {
                let id = some(n);
                // As front ends do it: hidden first, and whoever has to leave is told.
                desktop.set_content(id, None, &[]);
                self.hear();
                let owner = self.desk.desktop.owner(id);
                self.desk.desktop.remove(id);
                self.all.retain(|other| *other != id);
                if let Some(owner) = owner {
                    self.belief.gone(owner);
                }
            }
            Step::Move(n, x, y) => desktop.move_window(some(n), (i32::from(x), i32::from(y))),
            Step::Parent(a, b) => drop(desktop.set_parent(some(a), Some(some(b)))),
            Step::Order(n) => desktop.set_order(some(n), &[], &self.all),
            Step::Fill(n) => {
                let shape = [Shape::Floating, Shape::Maximised, Shape::Fullscreen][usize::from(n) % 3];
                desktop.want_shape(some(n), Some(shape == Shape::Maximised), Some(shape == Shape::Fullscreen));
                let fills = desktop.wanted(some(n)).fills;
                desktop.settle_window(some(n), Some((shape, fills)), (0, 0));
            }
            Step::Tile(n, has) => desktop.set_tile(some(n), has.then_some(Rect::new(10, 20, 200, 100))),
            Step::Keyboard(n, how) => {
                let ways = [Keyboard::Never, Keyboard::OnDemand, Keyboard::Passive, Keyboard::Exclusive];
                desktop.set_keyboard(some(n), ways[usize::from(how) % 4]);
            }
            Step::Dismiss(n) => desktop.dismiss(some(n)),
            Step::Cursor(n) => {
                desktop.draw_cursors(true);
                desktop.set_cursor(pick(n).filter(|_| n % 2 == 0), (1, 1));
            }
            Step::Point(x, y) => self.desk.point(i32::from(x), i32::from(y)),
            Step::Hold(n, how) => {
                let id = some(n);
                if desktop.holder() == Some(id) {
                    self.belief.held = None;
                }
                let constraint = Constraint { locks: how & 1 != 0, once: how & 2 != 0, region: None };
                desktop.set_constraint(id, (how % 8 != 0).then_some(constraint));
            }
            Step::Button(pressed) => desktop.input(Action::Button { code: 1, pressed }),
            Step::Key(pressed) => desktop.input(Action::Key { code: 1, pressed }),
            Step::Grab(n, edges) => {
                let serial = desktop.pointer.press.unwrap_or(desktop.serial);
                let window = desktop.pointer_focus().map_or(some(n), |over| desktop.root(over));
                if edges % 2 == 0 {
                    desktop.start_move(window, serial);
                } else {
                    let edges = Edges(u32::from(edges & 2) << 1 | u32::from(edges & 4) >> 1);
                    desktop.start_resize(window, serial, edges);
                }
            }
            Step::Drag(n, everywhere) => {
                let serial = desktop.pointer.press.unwrap_or(desktop.serial);
                if let Some(from) = desktop.pointer_focus().and_then(|over| desktop.owner(over)) {
                    desktop.start_drag(from, serial, everywhere, pick(n).filter(|_| n % 3 == 0));
                }
            }
            Step::StopDrag => desktop.stop_drag(),
            Step::Finger(n, x, y) => {
                let (id, x, y) = (i32::from(n % 2), f64::from(x), f64::from(y));
                self.desk.touch(match n % 8 {
                    0..=2 => Touch::Down { id, x, y },
                    3..=4 => Touch::Motion { id, x, y },
                    5..=6 => Touch::Up { id },
                    _ => Touch::Cancel,
                });
            }
            Step::Lock(true) => desktop.lock(),
            Step::Lock(false) => desktop.unlock(),
            Step::Cover(n) => desktop.make_lock(some(n)),
            Step::Tick => drop(desktop.compose()),
        }
    }

    pub(super) fn hear(&mut self) {
        while let Some((who, effect)) = self.desk.desktop.next_effect() {
            self.heard.push((who, effect));
            if !self.believes {
                continue;
            }
            if effect != Effect::DragCancel {
                let alive = self.all.iter().any(|id| self.desk.desktop.owner(*id) == Some(who));
                assert!(alive, "{effect:?} for {who:?}, which is gone");
            }
            self.belief.hear(who, effect);
        }
    }

    pub(super) fn check(&mut self) {
        let desktop = &self.desk.desktop;
        for focus in [desktop.pointer_focus(), desktop.keyboard_focus()].into_iter().flatten() {
            assert!(desktop.is_shown(focus), "{focus:?} has the focus and is not shown");
        }
        if let Some((_, Grab::Move { window, .. } | Grab::Resize { window, .. })) = desktop.grab {
            assert!(desktop.is_shown(window), "a grab outlives its window");
        }
        let locks = |id: &SurfaceId| desktop.window(desktop.root(*id)).is_some_and(|window| window.locks);
        let is_pointer = |id: &SurfaceId| Some(*id) == desktop.pointer.cursor;
        let is_icon = |id: &SurfaceId| matches!(desktop.grab, Some((_, Grab::Drag { icon, .. })) if icon == Some(*id));
        for id in self.all.iter().filter(|id| desktop.is_shown(**id)) {
            let at_lead = is_pointer(&desktop.root(*id)) || is_icon(&desktop.root(*id));
            assert!(at_lead || locks(id) == desktop.locked, "{id:?} is shown and should not be");
        }
        for (rank, (id, covers)) in desktop.shown.iter().enumerate() {
            let view = desktop.surfaces.get(id).map(|surface| &surface.view).filter(|view| view.rank == Some(rank));
            assert_eq!(*covers, view.map_or(Rect::EMPTY, View::bounds), "what the pointer finds of {id:?}");
        }
        self.hear();
        let desktop = &mut self.desk.desktop;
        let owner = |id: Option<SurfaceId>, desktop: &super::Desktop<Who, Vec<u8>>| id.and_then(|id| desktop.owner(id));
        assert_eq!(self.belief.pointer, owner(desktop.pointer_focus(), desktop));
        assert_eq!(self.belief.keyboard, owner(desktop.keyboard_focus(), desktop));
        desktop.refresh();
        let usable = desktop.usable;
        assert!(usable.intersect(Rect::new(0, 0, 400, 300)) == usable);
        self.hear();
        let desktop = &self.desk.desktop;
        assert_eq!(self.belief.held, owner(desktop.holder(), desktop));
        if let Some(holder) = desktop.holder() {
            assert_eq!(desktop.pointer_focus(), Some(holder), "the pointer is held by what it is not on");
        }
    }
}

/// Sequences that are tried.
const CASES: u32 = 400;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(CASES) })]

    #[test]
    fn whatever_happens_focus_and_grabs_are_on_something_shown(steps in steps()) {
        let mut run = Run::new();
        for step in steps {
            run.go(step);
            run.check();
        }
    }
}
