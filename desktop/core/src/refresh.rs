//! When what was changed is looked at: once for all of it, and at bounded cost.

use super::{Desktop, Owner, Pixels};

/// Surfaces that [`Desktop::refresh_early`] looks at between two frames, at most.
pub(super) const BUDGET: usize = 8192;

/// What [`Desktop::refresh`] has to look at; each brings with it those before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stale {
    #[default]
    Nothing,
    /// What the pointer and the fingers are over.
    Under,
    /// What is shown, and where.
    Tree,
    Docks,
}

impl<O: Owner, P: Pixels> Desktop<O, P> {
    /// As [`Desktop::refresh`], for what one request changed, so that its client hears of that before it hears anything
    /// else. Does nothing if all requests since the last frame together would cost too much: then it is put off to the
    /// next one.
    pub fn refresh_early(&mut self) {
        if self.stale > Stale::Nothing {
            let docks = if self.stale == Stale::Docks { self.docks.len() } else { 0 };
            let cost = self.mapped.max(self.looked_at) + docks + 1;
            if let Some(left) = self.budget.checked_sub(cost) {
                self.refresh();
                // Perhaps more has come into view than there was.
                self.budget = left.saturating_sub(self.looked_at.saturating_sub(cost));
            }
        }
    }

    /// Brings places, focus and picture up to date with what was changed, once for all of it: before the user acts, and
    /// before the screen is drawn.
    pub fn refresh(&mut self) {
        let stale = std::mem::take(&mut self.stale);
        if stale >= Stale::Docks {
            self.arrange_docks();
        }
        if stale >= Stale::Tree {
            self.arrange();
        }
        if stale >= Stale::Under {
            self.update_pointer_focus();
            self.update_constraint();
            self.follow_fingers();
        }
    }

    pub(super) fn mark(&mut self, stale: Stale) {
        self.stale = self.stale.max(stale);
    }
}
