//! Which messages are printed, and at which one stops.

use std::str::FromStr;

use regex::Regex;

use crate::show::Who;

/// One condition.
#[derive(Clone, Debug)]
pub(crate) enum Filter {
    /// `interface:wl_surface,wl_buffer`
    Interface(Vec<String>),
    /// `client:foot,2`
    Client(Vec<String>),
    /// `errors`
    Errors,
    /// Anything else: found in the text of the message.
    Text(Regex),
}

/// What a condition is about.
pub(crate) struct Subject<'a> {
    pub(crate) connection: u32,
    pub(crate) program: &'a str,
    /// `None` for what is not one message.
    pub(crate) interface: Option<&'a str>,
    pub(crate) is_fault: bool,
}

impl FromStr for Filter {
    type Err = String;

    fn from_str(text: &str) -> Result<Filter, String> {
        let list = |names: &str| names.split(',').map(|name| name.trim().to_owned()).collect();
        if let Some(names) = text.strip_prefix("interface:") {
            return Ok(Filter::Interface(list(names)));
        }
        if let Some(names) = text.strip_prefix("client:") {
            return Ok(Filter::Client(list(names)));
        }
        if text == "errors" {
            return Ok(Filter::Errors);
        }
        Regex::new(text).map(Filter::Text).map_err(|error| error.to_string())
    }
}

impl Filter {
    /// Whether it holds. The text is made only if it matters.
    fn holds(&self, subject: &Subject<'_>, text: &mut impl FnMut() -> String) -> bool {
        match self {
            Filter::Interface(names) => {
                subject.interface.is_none_or(|interface| names.iter().any(|name| name == interface))
            }
            Filter::Client(names) => {
                names.iter().any(|name| name == subject.program || name.parse() == Ok(subject.connection))
            }
            Filter::Errors => subject.is_fault,
            Filter::Text(regex) => regex.is_match(&text()),
        }
    }

    /// Whether any message of this client may be one that all of them hold for.
    pub(crate) fn may_hold_for(filters: &[Filter], who: Who<'_>) -> bool {
        let subject = Subject { connection: who.connection, program: who.program, interface: None, is_fault: true };
        filters.iter().all(|filter| matches!(filter, Filter::Text(_)) || filter.holds(&subject, &mut String::new))
    }

    /// Whether any message of this interface may be one.
    pub(crate) fn may_hold_of(filters: &[Filter], interface: &str) -> bool {
        filters.iter().all(|filter| match filter {
            Filter::Interface(names) => names.iter().any(|name| name == interface),
            _ => true,
        })
    }

    /// Whether all of them hold. What is cheap is asked first.
    pub(crate) fn all(filters: &[Filter], subject: &Subject<'_>, mut text: impl FnMut() -> String) -> bool {
        let is_slow = |filter: &Filter| matches!(filter, Filter::Text(_));
        [false, true].into_iter().all(|slow| {
            filters.iter().filter(|filter| is_slow(filter) == slow).all(|filter| filter.holds(subject, &mut text))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_told_apart_and_all_have_to_hold() {
        let subject = Subject { connection: 2, program: "foot", interface: Some("wl_surface"), is_fault: false };
        let holds = |words: &[&str]| {
            let filters: Vec<Filter> = words.iter().map(|word| word.parse().unwrap()).collect();
            Filter::all(&filters, &subject, || "wl_surface#3.commit()".to_owned())
        };
        assert!(holds(&[]) && holds(&["interface:wl_buffer,wl_surface", "client:foot", "client:2", r"\.commit"]));
        for word in ["interface:wl_buffer", "client:fo", "client:22", "errors", "attach"] {
            assert!(!holds(&[word]), "{word}");
        }
        assert!("(".parse::<Filter>().is_err());
    }

    #[test]
    fn a_text_is_not_made_for_nothing() {
        let subject = Subject { connection: 1, program: "foot", interface: Some("wl_surface"), is_fault: false };
        let filters = ["x".parse().unwrap(), "interface:wl_seat".parse().unwrap()];
        assert!(!Filter::all(&filters, &subject, || unreachable!("the interface is another one")));
    }
}
