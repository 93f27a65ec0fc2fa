//! What clients can know of the desktop.

use std::collections::HashMap;

use super::super::{Effect, Who};

/// What the owners of surfaces believe.
#[derive(Default)]
pub(super) struct Belief {
    pub(super) pointer: Option<Who>,
    pub(super) keyboard: Option<Who>,
    active: Option<Who>,
    drag: Option<Who>,
    pub(super) held: Option<Who>,
    fingers: HashMap<i32, Who>,
}

impl Belief {
    pub(super) fn hear(&mut self, who: Who, effect: Effect) {
        match effect {
            Effect::PointerEnter { .. } => assert_eq!(self.pointer.replace(who), None, "entered twice"),
            Effect::PointerLeave { .. } => assert_eq!(self.pointer.take(), Some(who), "left what was not entered"),
            Effect::PointerHeld => assert_eq!(self.held.replace(who), None, "held twice"),
            Effect::PointerFreed => assert_eq!(self.held.take(), Some(who)),
            Effect::PointerMovedBy { .. }
            | Effect::PointerMotion { .. }
            | Effect::Button { .. }
            | Effect::Scroll(_) => {
                assert_eq!(self.pointer, Some(who));
            }
            Effect::KeyboardEnter { .. } => assert_eq!(self.keyboard.replace(who), None, "two keyboards"),
            Effect::KeyboardLeave { .. } => assert_eq!(self.keyboard.take(), Some(who)),
            Effect::Key { .. } => assert_eq!(self.keyboard, Some(who)),
            Effect::Activated(true) => assert_eq!(self.active.replace(who), None, "two active windows"),
            Effect::Activated(false) => assert_eq!(self.active.take(), Some(who)),
            Effect::TouchDown { id, .. } => assert_eq!(self.fingers.insert(id, who), None),
            Effect::TouchMotion { id, .. } => assert_eq!(self.fingers.get(&id), Some(&who)),
            Effect::TouchUp { id, .. } | Effect::TouchTaken { id } => assert_eq!(self.fingers.remove(&id), Some(who)),
            Effect::TouchCancel => self.fingers.retain(|_, other| other.0 != who.0),
            Effect::DragEnter { .. } => assert_eq!(self.drag.replace(who), None),
            Effect::DragMotion { .. } => assert_eq!(self.drag, Some(who)),
            Effect::DragLeave | Effect::DragDrop => assert_eq!(self.drag.take(), Some(who)),
            Effect::Configure | Effect::Moved | Effect::Dismissed | Effect::Close | Effect::DragCancel => {}
        }
    }

    /// A surface is gone, and with it what its owner believes.
    pub(super) fn gone(&mut self, who: Who) {
        for believed in [&mut self.pointer, &mut self.keyboard, &mut self.active, &mut self.drag, &mut self.held] {
            believed.take_if(|other| *other == who);
        }
        self.fingers.retain(|_, other| *other != who);
    }
}
