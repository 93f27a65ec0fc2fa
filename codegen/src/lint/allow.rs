//! Comments that allow what a rule says: `<!-- wayline: allow RULE, RULE: reason -->`.

use std::collections::BTreeMap;

use super::elements::Elements;
use super::finding::{Finding, Sink};
use super::rule::{Id, Rule};
use crate::source::Source;
use crate::text::quote;

const FORM: &str = "write `<!-- wayline: allow RULE: reason -->`, with commas between rules";

/// Where a comment applies, by the element and the rule, to which comment.
#[derive(Default)]
struct Places {
    /// To the element and all below it.
    in_front: BTreeMap<(usize, Id), usize>,
    /// To the element alone.
    inside: BTreeMap<(usize, Id), usize>,
}

/// Takes away the findings that comments allow, and adds what is wrong with comments. How many are allowed.
pub(super) fn apply(elements: &Elements, source: &Source, file: usize, findings: &mut Vec<Finding>) -> usize {
    let mut sink = Sink { file, list: Vec::new() };
    let mut places = Places::default();
    // The rules of each comment, and whether they were of use.
    let mut known: Vec<(usize, Id, bool)> = Vec::new();
    for (number, comment) in elements.comments.iter().enumerate() {
        let Some(text) = comment.text.trim().strip_prefix("wayline:") else { continue };
        match parse(text.trim()) {
            Ok(ids) => {
                for id in ids {
                    let at = known.len();
                    known.push((number, id, false));
                    let next = comment.next.map(|next| places.in_front.entry((next, id)).or_insert(at));
                    let parent = comment.parent.map(|parent| places.inside.entry((parent, id)).or_insert(at));
                    debug_assert!(next.is_some() || parent.is_some() || comment.parent.is_none());
                }
            }
            Err(why) => {
                sink.report(Rule::MalformedAllow, comment.span, &[], why).help(FORM);
            }
        }
    }
    if known.is_empty() && sink.list.is_empty() {
        return 0;
    }
    let before = findings.len();
    findings.retain(|found| {
        let id = found.id();
        let mut around = elements.around(found.start()).peekable();
        let inside = around.peek().and_then(|&innermost| places.inside.get(&(innermost, id)));
        let Some(&at) = inside.or_else(|| around.find_map(|element| places.in_front.get(&(element, id)))) else {
            return true;
        };
        known[at].2 = true;
        false
    });
    let allowed = before - findings.len();
    for (number, id, _) in known.into_iter().filter(|(.., used)| !used) {
        let message = format!("nothing is to be allowed here by `{}`", id.name());
        let span = elements.comments[number].span;
        debug_assert!(span.end <= source.text().len());
        sink.report(Rule::UnusedAllow, span, &[], message).help("take the rule out of the comment");
    }
    findings.append(&mut sink.list);
    allowed
}

/// The rules of a comment.
fn parse(text: &str) -> Result<Vec<Id>, String> {
    let rest = text.strip_prefix("allow").filter(|rest| rest.starts_with(char::is_whitespace));
    let rest = rest.ok_or("this comment is for `wayline check`, which does not understand it")?;
    let (names, reason) = rest.split_once(':').ok_or("this comment gives no reason")?;
    if reason.trim().is_empty() {
        return Err("this comment gives no reason".to_owned());
    }
    let id = |name: &str| match Id::from_name(name.trim()) {
        None => Err(format!("this comment allows {}, which is no rule", quote(name.trim()))),
        Some(id) if id.is_hard() => Err(format!("`{}` cannot be allowed: nothing can be generated then", id.name())),
        Some(id) => Ok(id),
    };
    names.split(',').map(id).collect()
}
