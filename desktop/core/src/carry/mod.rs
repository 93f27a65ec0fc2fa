//! A desktop that goes over to a successor of the process: all of it but the picture, which is drawn again.
//!
//! What follows from other state is worked out again: what is damaged (everything), the order of windows from their keys,
//! and what each surface covers. Whatever a desktop takes for granted is then checked, so that a damaged state is an error.

mod check;
mod values;

use std::collections::BTreeMap;

use wayline::carry::{Carry, CarryError, Loader, Refusal, Saver};
use wayline_pixels::MAX_SIDE;

use super::refresh::BUDGET;
use super::scene::Scene;
use super::window_state::Key;
use super::{Desktop, Owner, Pixels, Rect, SurfaceId};

/// How a desktop is written. Another way gets another number.
const FORM: u32 = 1;

fn damaged(what: &'static str) -> CarryError {
    CarryError::Damaged { what }
}

/// The effects that were not taken go over as well. The next [`Desktop::compose`] draws everything, and gives the frame
/// that the predecessor had; until then [`Desktop::frame`] shows no window.
impl<O: Owner + Carry, P: Pixels + Carry> Carry for Desktop<O, P> {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        // All are named, so that none can be forgotten.
        let Desktop {
            scene,
            surfaces,
            latest,
            mapped: _,
            shown,
            stack: _,
            pointer,
            keyboard,
            touch,
            popups,
            grab,
            docks,
            locked,
            usable,
            covering,
            effects,
            serial,
            budget: _,
            looked_at: _,
            stale,
        } = self;
        let (width, height) = scene.frame().size();
        if width.max(height) > MAX_SIDE {
            return Err(Refusal::new(format!("a screen of {width}x{height} pixels")));
        }
        saver.put(&FORM)?;
        saver.put(&(width, height))?;
        saver.put(surfaces)?;
        saver.put(latest)?;
        saver.put(&shown.iter().map(|(id, _)| *id).collect::<Vec<_>>())?;
        saver.put(pointer)?;
        saver.put(keyboard)?;
        saver.put(touch)?;
        saver.put(popups)?;
        saver.put(grab)?;
        saver.put(docks)?;
        saver.put(locked)?;
        saver.put(usable)?;
        saver.put(covering)?;
        saver.put(effects)?;
        saver.put(serial)?;
        saver.put(stale)
    }

    fn load(loader: &mut Loader<'_>) -> Result<Desktop<O, P>, CarryError> {
        if loader.get::<u32>()? != FORM {
            return Err(damaged("a desktop of another form"));
        }
        let size: (u32, u32) = loader.get()?;
        if size.0.max(size.1) > MAX_SIDE {
            return Err(damaged("a screen that is too large"));
        }
        let (surfaces, latest) = (loader.get()?, loader.get()?);
        let shown: Vec<SurfaceId> = loader.get()?;
        let mut desktop = Desktop {
            scene: Scene::new(size),
            surfaces,
            latest,
            mapped: 0,
            shown: shown.into_iter().map(|id| (id, Rect::EMPTY)).collect(),
            stack: BTreeMap::new(),
            pointer: loader.get()?,
            keyboard: loader.get()?,
            touch: loader.get()?,
            popups: loader.get()?,
            grab: loader.get()?,
            docks: loader.get()?,
            locked: loader.get()?,
            usable: loader.get()?,
            covering: loader.get()?,
            effects: loader.get()?,
            serial: loader.get()?,
            budget: BUDGET,
            looked_at: 0,
            stale: loader.get()?,
        };
        desktop.check()?;
        desktop.derive();
        Ok(desktop)
    }
}

impl<O: Owner, P: Pixels> Desktop<O, P> {
    /// Works out what was not saved.
    fn derive(&mut self) {
        if self.locked {
            self.scene.set_blank(true);
        }
        self.looked_at = self.shown.len();
        let mut windows: Vec<(Key, SurfaceId)> = Vec::new();
        for (id, surface) in &self.surfaces {
            self.mapped += usize::from(surface.is_mapped());
            if let Some(shown) = surface.view.rank.and_then(|rank| self.shown.get_mut(rank)) {
                shown.1 = surface.view.bounds();
            }
            windows.extend(surface.window.as_ref().and_then(|window| window.key).map(|key| (key, *id)));
        }
        // In the same order, counted from 0 again, so that no key is there twice and none is the last number.
        windows.sort_unstable();
        for (number, ((level, _), id)) in (0..).zip(windows) {
            let key = (level, number);
            self.stack.insert(key, id);
            if let Some(window) = self.window_mut(id) {
                window.key = Some(key);
            }
        }
    }
}
