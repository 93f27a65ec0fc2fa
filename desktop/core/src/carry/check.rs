//! What a desktop takes for granted: whatever names something else agrees with it, and nothing belongs to itself.

use std::collections::{HashMap, HashSet};

use wayline::carry::CarryError;

use super::damaged;
use crate::grab::{Grab, Lead};
use crate::surface::Place;
use crate::tree::MAX_DEPTH;
use crate::{Desktop, Owner, Pixels, SurfaceId};

/// Names that are given out by counting never get there.
const MAX_NAME: u64 = u64::MAX / 2;

fn ensure(holds: bool, what: &'static str) -> Result<(), CarryError> {
    if holds { Ok(()) } else { Err(damaged(what)) }
}

impl<O: Owner, P: Pixels> Desktop<O, P> {
    pub(super) fn check(&self) -> Result<(), CarryError> {
        self.check_names()?;
        self.check_trees()?;
        self.check_families()?;
        self.check_windows()?;
        self.check_seat()
    }

    fn check_names(&self) -> Result<(), CarryError> {
        ensure(self.latest <= MAX_NAME, "a name that is given out by nobody")?;
        for (id, surface) in &self.surfaces {
            ensure(id.0 <= self.latest, "a surface with a name that comes later")?;
            if let Some(rank) = surface.view.rank {
                let is_shown = self.shown.get(rank).is_some_and(|(shown, _)| shown == id);
                ensure(is_shown && surface.is_mapped(), "a surface at a place that is another one's")?;
            }
        }
        Ok(())
    }

    /// Parts and popups are where their parents list them, once, and nowhere is a circle.
    fn check_trees(&self) -> Result<(), CarryError> {
        let mut listed = HashSet::new();
        for (id, surface) in &self.surfaces {
            let children = surface.children();
            ensure(children.height < MAX_DEPTH, "a tree that is too high")?;
            for part in children.below.iter().chain(&children.above) {
                let is_part = matches!(self.place(*part), Place::Part { parent, listed: true, .. } if parent == *id);
                ensure(is_part && listed.insert(*part), "a part that is not one")?;
            }
            for popup in &children.popups {
                let is_popup = matches!(self.place(*popup), Place::Popup { parent, .. } if parent == *id);
                ensure(is_popup && listed.insert(*popup), "a popup that is not one")?;
            }
        }
        let mut counts: HashMap<SurfaceId, u32> = HashMap::new();
        for (id, surface) in &self.surfaces {
            // A parent may be gone.
            let parent = surface.parent().filter(|parent| self.surfaces.contains_key(parent));
            let is_listed = parent.is_some() && !matches!(surface.place, Place::Part { listed: false, .. });
            ensure(is_listed == listed.contains(id), "a surface that its parent does not have")?;
            let depth = self.line(*id).take(MAX_DEPTH as usize + 1).count();
            ensure(depth <= MAX_DEPTH as usize, "surfaces that belong to each other")?;
            if let Some(parent) = parent {
                *counts.entry(parent).or_default() += 1;
            }
        }
        let count = |id: &SurfaceId| counts.get(id).copied().unwrap_or_default();
        let agrees = self.surfaces.iter().all(|(id, surface)| surface.children().count == count(id));
        ensure(agrees, "a surface with more on it than there is")
    }

    /// As trees, for windows that belong to each other.
    fn check_families(&self) -> Result<(), CarryError> {
        let windows = || self.surfaces.iter().filter_map(|(id, surface)| Some((*id, surface.window.as_ref()?)));
        let mut children = HashSet::new();
        for (id, window) in windows() {
            for child in &window.children {
                let is_child = self.parent(*child) == Some(id);
                ensure(is_child && children.insert(*child), "a window that does not belong to another one")?;
            }
        }
        // Each is met once, from those that belong to none; those in a circle are not.
        let (mut count, mut met, mut next) = (0, 0, Vec::new());
        for (id, window) in windows() {
            count += 1;
            ensure(window.parent.is_some() == children.contains(&id), "a window that its parent does not have")?;
            if window.parent.is_none() {
                next.push(id);
            }
        }
        while let Some(id) = next.pop() {
            met += 1;
            next.extend(self.window(id).iter().flat_map(|window| &window.children));
        }
        ensure(met == count, "windows that belong to each other")
    }

    fn check_windows(&self) -> Result<(), CarryError> {
        let mut docks = 0;
        for surface in self.surfaces.values() {
            ensure((surface.place == Place::Window) == surface.window.is_some(), "a window that is elsewhere")?;
            let Some(window) = &surface.window else { continue };
            ensure(window.key.is_some() == surface.is_mapped(), "a window that is not in the order")?;
            docks += usize::from(window.dock.is_some());
        }
        let mut known = HashSet::new();
        let is_dock = |id: &SurfaceId| self.window(*id).is_some_and(|window| window.dock.is_some());
        let are_docks = self.docks.iter().all(|id| is_dock(id) && known.insert(*id));
        ensure(are_docks && known.len() == docks, "docks that are not listed")?;
        ensure(self.covering.is_none_or(|id| self.window(id).is_some()), "no window covers the screen")?;
        ensure(self.scene.frame().bounds().covers(self.usable), "windows are put beside the screen")
    }

    /// What the user's devices are on is shown.
    fn check_seat(&self) -> Result<(), CarryError> {
        let active = self.keyboard.focus.map(|focus| self.root(focus));
        ensure(self.keyboard.active == active, "an active window without the keyboard")?;
        let grabs = |id: SurfaceId| matches!(self.place(id), Place::Popup { .. });
        ensure(self.popups.iter().all(|grab| grabs(grab.popup)), "a grab of no popup")?;
        let fingers = self.touch.points.iter().filter(|point| !self.leads(Lead::Finger(point.id)));
        let grabbed = match self.grab {
            Some((_, Grab::Move { window, .. } | Grab::Resize { window, .. })) => Some(window),
            Some((_, Grab::Drag { over, .. })) => over,
            None => None,
        };
        let targets = [self.pointer_focus(), self.keyboard_focus(), grabbed];
        let mut targets = targets.into_iter().flatten().chain(fingers.map(|point| point.surface));
        ensure(targets.all(|id| self.is_shown(id)), "something hidden that the user is told to act on")
    }
}
