//! What the parts of an interface need to know of it and of the others.

use std::collections::BTreeMap;

use super::node::Interface;
use super::pairs::Pairs;
use crate::model::Direction;

/// New names by old ones.
pub(super) type Renames<'a> = BTreeMap<&'a str, &'a str>;

/// An interface before and after.
pub(super) struct Context<'c, 'a> {
    pub(super) old: Interface<'a>,
    pub(super) new: Interface<'a>,
    /// Interfaces that have another name.
    pub(super) interface_names: &'c Renames<'a>,
    /// Which enum of this interface is which.
    pub(super) enums: Pairs,
    /// Enums of this interface that have another name.
    pub(super) enum_names: Renames<'a>,
}

impl Context<'_, '_> {
    /// Whether an old name of an interface and a new one mean the same.
    pub(super) fn is_same_interface(&self, old: &str, new: &str) -> bool {
        self.interface_names.get(old).copied().unwrap_or(old) == new
    }

    /// Whether an old name of an enum of this interface and a new one mean the same.
    pub(super) fn is_same_enum(&self, old: &str, new: &str) -> bool {
        self.enum_names.get(old).copied().unwrap_or(old) == new
    }
}

/// What a message of this direction is called.
pub(super) fn kind(direction: Direction) -> &'static str {
    match direction {
        Direction::Request => "request",
        Direction::Event => "event",
    }
}

/// Whether every interface may have a message of this name, whatever it is for.
pub(super) fn is_common(name: &str) -> bool {
    matches!(name, "destroy" | "release")
}
