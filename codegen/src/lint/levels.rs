//! How serious each rule is, by the wish of whoever checks.

use std::collections::BTreeMap;
use std::fmt;

use super::rule::{Id, Level};

/// The levels of rules. Those that are not set are as the rules have them.
#[derive(Debug, Clone, Default)]
pub struct Levels {
    pub(super) strict: bool,
    lints: Option<Level>,
    by_id: BTreeMap<Id, Level>,
}

/// Why a level cannot be set.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LevelError {
    /// There is no such rule.
    Unknown(String),
    /// The rule is an error always: no code can be generated from a file that breaks it.
    AlwaysError(Id),
    /// The rule was given another level before.
    Twice(Id),
}

impl Levels {
    /// Whether rules of the format that well-known files break are errors too.
    pub fn set_strict(&mut self, strict: bool) {
        self.strict = strict;
    }

    /// Sets the level of a rule, or of all lints by the name `all`. A rule that is named itself keeps its own level.
    ///
    /// # Errors
    /// See [`LevelError`].
    pub fn set(&mut self, name: &str, level: Level) -> Result<(), LevelError> {
        if name == "all" {
            self.lints = Some(level);
            return Ok(());
        }
        let id = Id::from_name(name).ok_or_else(|| LevelError::Unknown(name.to_owned()))?;
        if id.is_hard() && level != Level::Error {
            return Err(LevelError::AlwaysError(id));
        }
        match self.by_id.insert(id, level) {
            Some(before) if before != level => Err(LevelError::Twice(id)),
            _ => Ok(()),
        }
    }

    /// Whether a rule of the format is as it is by itself.
    pub(super) fn leaves(&self, id: Id) -> bool {
        !self.strict && !self.by_id.contains_key(&id)
    }

    /// The level of a rule. `None` for one of the format that is as it is.
    pub(super) fn level(&self, id: Id) -> Option<Level> {
        let own = self.by_id.get(&id).copied();
        match id {
            Id::Format(_) => own,
            Id::Lint(rule) => own.or(self.lints).or(Some(rule.level())),
        }
    }
}

impl fmt::Display for LevelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "there is no rule {}", crate::text::quote(name)),
            Self::AlwaysError(id) => {
                write!(f, "`{}` is always an error: nothing can be generated from such a file", id.name())
            }
            Self::Twice(id) => write!(f, "`{}` is given two levels", id.name()),
        }
    }
}

impl std::error::Error for LevelError {}
