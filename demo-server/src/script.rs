//! Scripted input for headless runs. Knows the text of a script; refuses to know who gets the input.
//!
//! One step on a line, `#` starts a comment. Times are seconds from the start and never go back:
//! ```text
//! 0.5 move 100 120
//! 0.6 button left press
//! 0.7 button left release
//! 0.8 key a press          # or a number: a code of linux/input-event-codes.h
//! 0.9 scroll vertical 15
//! 1.0 touch 0 down 100 120 # a finger, by a number of the script's choice
//! 1.1 touch 0 move 110 125
//! 1.2 touch 0 up
//! 1.3 text Grüße, Welt     # as an input method, if the active window has a text field
//! 1.4 close                # asks the active window to
//! ```
//! The touch screen is plugged in by its first action; `touch plug` does nothing
//! else, so that clients can get ready for it. `touch cancel` takes all fingers
//! back, as when the device finds that they were none.

use std::str::SplitWhitespace;
use std::time::Duration;

use wayline_desktop::{Action, Scroll, Touch};

/// Beyond what the wire's 24.8 fixed point can say.
const TOO_FAR: f64 = 8_388_608.0;

/// Names of buttons and their codes.
const BUTTONS: [(&str, u32); 3] = [("left", 0x110), ("right", 0x111), ("middle", 0x112)];

/// Names of keys that are not letters or digits, and their codes.
const KEYS: [(&str, u32); 14] = [
    ("esc", 1),
    ("backspace", 14),
    ("tab", 15),
    ("enter", 28),
    ("ctrl", 29),
    ("shift", 42),
    ("alt", 56),
    ("space", 57),
    ("home", 102),
    ("up", 103),
    ("left", 105),
    ("right", 106),
    ("end", 107),
    ("down", 108),
];

/// Rows of a keyboard with the code of their first key; the codes count up.
const ROWS: [(&str, u32); 4] = [("1234567890", 2), ("qwertyuiop", 16), ("asdfghjkl", 30), ("zxcvbnm", 44)];

/// Something a user does at a time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    /// Since the start of the script.
    pub(crate) at: Duration,
    /// What happens then.
    pub(crate) input: Input,
}

/// What the user does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Input {
    /// By a device.
    Device(Action),
    /// By an input method: text.
    Text(String),
}

/// Reads a script; the first bad line ends it.
///
/// # Errors
/// Which line it is, counted from 1, and what is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Vec<Step>, String> {
    let mut steps: Vec<Step> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let at_line = |fault| format!("line {}: {fault}", index + 1);
        let Some(step) = parse_line(line).map_err(at_line)? else { continue };
        if steps.last().is_some_and(|last| step.at < last.at) {
            return Err(at_line("the time is before that of the step above".to_owned()));
        }
        steps.push(step);
    }
    Ok(steps)
}

/// Reads a line; `None` if nothing is on it.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn parse_line(line: &str) -> Result<Option<Step>, String> {
    let line = line.split('#').next().unwrap_or_default();
    let mut words = Words(line.split_whitespace());
    if line.trim().is_empty() {
        return Ok(None);
    }
    let at = words.read("a time in seconds", |word| Duration::try_from_secs_f64(word.parse().ok()?).ok())?;
    let input = words.input()?;
    match words.0.next() {
        Some(word) => Err(format!("`{word}` is more than the action takes")),
        None => Ok(Some(Step { at, input })),
    }
}

/// The words of a line that are not read yet.
struct Words<'a>(SplitWhitespace<'a>);

impl<'a> Words<'a> {
    fn input(&mut self) -> Result<Input, String> {
        let wanted = "an action (move, button, key, scroll, touch, text or close)";
        Ok(Input::Device(match self.next(wanted)? {
            "move" => Action::Move { x: self.pixels()?, y: self.pixels()? },
            "button" => Action::Button { code: self.read("a button", button)?, pressed: self.pressed()? },
            "key" => Action::Key { code: self.read("a key", key)?, pressed: self.pressed()? },
            "scroll" => {
                let horizontal = self.read("vertical or horizontal", |word| either(word, "horizontal", "vertical"))?;
                Action::Scroll(Scroll::wheel(horizontal, self.pixels()?))
            }
            "touch" => Action::Touch(self.touch()?),
            "text" => {
                let first = self.next("text")?.to_owned();
                return Ok(Input::Text(self.0.by_ref().fold(first, |text, word| text + " " + word)));
            }
            "close" => Action::Close,
            word => return Err(is_not(word, wanted)),
        }))
    }

    fn touch(&mut self) -> Result<Touch, String> {
        let wanted = "the number of a finger, plug or cancel";
        let id = match self.next(wanted)? {
            "plug" => return Ok(Touch::Plug),
            "cancel" => return Ok(Touch::Cancel),
            number => number.parse().map_err(|_| is_not(number, wanted))?,
        };
        let wanted = "down, move or up";
        match self.next(wanted)? {
            "down" => Ok(Touch::Down { id, x: self.pixels()?, y: self.pixels()? }),
            "move" => Ok(Touch::Motion { id, x: self.pixels()?, y: self.pixels()? }),
            "up" => Ok(Touch::Up { id }),
            word => Err(is_not(word, wanted)),
        }
    }

    fn pixels(&mut self) -> Result<f64, String> {
        self.read("a number of pixels", |word| word.parse().ok().filter(|n: &f64| n.abs() < TOO_FAR))
    }

    fn pressed(&mut self) -> Result<bool, String> {
        self.read("press or release", |word| either(word, "press", "release"))
    }

    fn read<T>(&mut self, wanted: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, String> {
        let word = self.next(wanted)?;
        read(word).ok_or_else(|| is_not(word, wanted))
    }

    fn next(&mut self, wanted: &str) -> Result<&'a str, String> {
        self.0.next().ok_or_else(|| format!("{wanted} is missing"))
    }
}

fn is_not(word: &str, wanted: &str) -> String {
    format!("`{word}` is not {wanted}")
}

fn either(word: &str, yes: &str, no: &str) -> Option<bool> {
    (word == yes || word == no).then_some(word == yes)
}

fn button(word: &str) -> Option<u32> {
    named(word, &BUTTONS).or_else(|| word.parse().ok())
}

/// A single digit is the key with that digit; codes below 10 have two digits, such as 01.
fn key(word: &str) -> Option<u32> {
    let in_row = |(row, first): &(&str, u32)| row.find(word).map(|at| first + at as u32);
    let printed = (word.len() == 1).then(|| ROWS.iter().find_map(in_row)).flatten();
    printed.or_else(|| named(word, &KEYS)).or_else(|| word.parse().ok())
}

fn named(word: &str, names: &[(&str, u32)]) -> Option<u32> {
    names.iter().find(|(name, _)| *name == word).map(|(_, code)| *code)
}

#[cfg(test)]
mod tests {
    use super::{Action, Duration, Input, Scroll, Step, Touch, parse};

    #[test]
    fn every_action() {
        let text = "# a click, a letter\n\n0 move 100 12.5\n 0.25 button left press # down\n0.25 button 275 release\n\
                    1 key a press\n1.5\tkey enter release\n2 scroll vertical -15\n2 scroll horizontal 1\n\
                    2 touch plug\n2 touch 0 down 5 6.5\n2 touch 0 move 7 8\n2 touch 0 up\n2 touch cancel\n3 close\n\
                    3 text  Grüße,\tWelt # in one\n";
        let step = |millis, action| Step { at: Duration::from_millis(millis), input: Input::Device(action) };
        let expected = [
            step(0, Action::Move { x: 100.0, y: 12.5 }),
            step(250, Action::Button { code: 0x110, pressed: true }),
            step(250, Action::Button { code: 275, pressed: false }),
            step(1000, Action::Key { code: 30, pressed: true }),
            step(1500, Action::Key { code: 28, pressed: false }),
            step(2000, Action::Scroll(Scroll::wheel(false, -15.0))),
            step(2000, Action::Scroll(Scroll::wheel(true, 1.0))),
            step(2000, Action::Touch(Touch::Plug)),
            step(2000, Action::Touch(Touch::Down { id: 0, x: 5.0, y: 6.5 })),
            step(2000, Action::Touch(Touch::Motion { id: 0, x: 7.0, y: 8.0 })),
            step(2000, Action::Touch(Touch::Up { id: 0 })),
            step(2000, Action::Touch(Touch::Cancel)),
            step(3000, Action::Close),
            Step { at: Duration::from_secs(3), input: Input::Text("Grüße, Welt".to_owned()) },
        ];
        assert_eq!(parse(text).unwrap(), expected);
        assert_eq!(parse("").unwrap(), []);
    }

    #[test]
    fn keys_have_the_codes_of_linux() {
        for (name, code) in [("1", 2), ("0", 11), ("q", 16), ("p", 25), ("l", 38), ("z", 44), ("m", 50), ("01", 1)] {
            let steps = parse(&format!("0 key {name} press")).unwrap();
            assert_eq!(steps[0].input, Input::Device(Action::Key { code, pressed: true }), "{name}");
        }
    }

    #[test]
    fn errors_name_line_and_word() {
        let cases = [
            ("0 move 1 2\n\nx move 1 2", "line 3: `x` is not a time in seconds"),
            ("-1 move 1 2", "line 1: `-1` is not a time in seconds"),
            ("NaN move 1 2", "line 1: `NaN` is not a time in seconds"),
            ("1e300 move 1 2", "line 1: `1e300` is not a time in seconds"),
            ("1 jump", "line 1: `jump` is not an action (move, button, key, scroll, touch, text or close)"),
            ("1", "line 1: an action (move, button, key, scroll, touch, text or close) is missing"),
            ("1 text", "line 1: text is missing"),
            ("1 move 5", "line 1: a number of pixels is missing"),
            ("1 move 5 inf", "line 1: `inf` is not a number of pixels"),
            ("1 move 5 8388608", "line 1: `8388608` is not a number of pixels"),
            ("1 button up press", "line 1: `up` is not a button"),
            ("1 key", "line 1: a key is missing"),
            ("1 key as press", "line 1: `as` is not a key"),
            ("1 key a down", "line 1: `down` is not press or release"),
            ("1 touch a down", "line 1: `a` is not the number of a finger, plug or cancel"),
            ("1 touch 1 press", "line 1: `press` is not down, move or up"),
            ("1 touch 1 move 3", "line 1: a number of pixels is missing"),
            ("1 scroll up 3", "line 1: `up` is not vertical or horizontal"),
            ("1 move 1 2 3", "line 1: `3` is more than the action takes"),
            ("2 move 1 2\n1.9 move 1 2", "line 2: the time is before that of the step above"),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text).unwrap_err(), expected, "{text}");
        }
    }
}
