//! Colours of a terminal.

/// What pieces of a line are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Paint {
    Request,
    Event,
    /// What is less important than the message.
    Dim,
    Fault,
}

impl Paint {
    /// The text in its colour, if there are colours.
    pub(crate) fn on(self, colored: bool, text: &str) -> String {
        if !colored {
            return text.to_owned();
        }
        let code = match self {
            Paint::Request => "32",
            Paint::Event => "36",
            Paint::Dim => "2",
            Paint::Fault => "1;31",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}
