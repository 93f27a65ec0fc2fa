//! xdg-shell, by which surfaces become windows and popups, and what it shares with other shells.

pub(crate) mod configures;
pub(crate) mod xdg;
