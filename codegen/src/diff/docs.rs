//! What elements say about themselves. White space is not what they say.

use super::node::{Documented, Named, Node};
use super::{Changes, Rule};
use crate::text::quote;

/// Whether an element says something else about itself. `what` is its name for people.
pub(super) fn compare_docs<S: Named, M: Documented>(
    what: &str,
    item: &[&str],
    old: Node<'_, S, M>,
    new: Node<'_, S, M>,
    changes: &mut Changes,
) {
    let (before, after) = (old.model.docs(), new.model.docs());
    let places = || (Some(old.place()), Some(new.place()));
    if before.summary != after.summary {
        let text = |summary: &Option<String>| summary.as_deref().map_or("nothing".to_owned(), quote);
        let message = format!("the summary of {what} is {}, and was {}", text(&after.summary), text(&before.summary));
        changes.push(Rule::SummaryChanged, item, places(), message);
    }
    if before.text.split_whitespace().ne(after.text.split_whitespace()) {
        changes.push(Rule::DescriptionChanged, item, places(), format!("the description of {what} is another one"));
    }
}

/// What became of advice against something.
pub(super) fn deprecation(what: &str, versions: (Option<u32>, Option<u32>)) -> String {
    match versions {
        (Some(before), Some(after)) => format!("{what} is deprecated since version {after}, and was since {before}"),
        (None, Some(after)) => format!("{what} is deprecated since version {after}"),
        (_, None) => format!("{what} is no longer deprecated"),
    }
}
