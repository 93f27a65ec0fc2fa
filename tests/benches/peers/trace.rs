//! W9: what real programs sent, as far as its shape goes: which kinds of
//! messages in which order, and where the program waited. The files in
//! `traces` say what the letters mean.

use std::str::FromStr;

/// A recorded program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// A GTK program from its start until its window stands.
    Gtk,
    /// A terminal at work for a minute.
    Terminal,
}

impl Program {
    pub(crate) const ALL: [Program; 2] = [Program::Gtk, Program::Terminal];

    /// The name on command lines, and of the file.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Program::Gtk => "gtk",
            Program::Terminal => "terminal",
        }
    }

    /// The file.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Program::Gtk => include_str!("../traces/gtk.txt"),
            Program::Terminal => include_str!("../traces/terminal.txt"),
        }
    }

    /// What to replay.
    pub(crate) fn actions(self) -> Vec<Action> {
        let lines = self.text().lines().filter(|line| !line.starts_with('#'));
        let words = lines.flat_map(str::split_whitespace);
        words.map(|word| word.parse().expect("the traces are well-formed")).collect()
    }
}

/// One step of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// So many requests of words.
    Calc(u32),
    /// A text of so many bytes.
    Text(usize),
    /// An array of so many bytes.
    Bytes(usize),
    /// So many objects made, and destroyed at once.
    Churn(u32),
    /// The same with an fd each.
    Open(u32),
    /// So many events that the program waits for.
    Wait(u32),
}

impl FromStr for Action {
    type Err = std::num::ParseIntError;

    fn from_str(word: &str) -> Result<Action, Self::Err> {
        let (letter, number) = word.split_at(1);
        let count = if number.is_empty() { 1 } else { number.parse()? };
        Ok(match letter {
            "c" => Action::Calc(count),
            "t" => Action::Text(count as usize),
            "b" => Action::Bytes(count as usize),
            "n" => Action::Churn(count),
            "o" => Action::Open(count),
            _ => Action::Wait(count),
        })
    }
}
