//! Changes for people.

use crate::diff::{Class, Place};

use super::{Judged, Verdict};
use crate::command::output::one_line;

/// One paragraph for each change, and how many there are of each class.
pub(super) fn render(verdict: &Verdict<'_>, coloured: bool) -> String {
    let mut text: String = verdict.shown().map(|one| paragraph(one, coloured)).collect();
    text += &tally(verdict);
    text
}

fn paragraph(one: &Judged<'_>, coloured: bool) -> String {
    let change = &one.change;
    let (colour, end) = match (coloured, one.class) {
        (false, _) => ("", ""),
        (true, Class::Wire) => ("\x1b[1;31m", "\x1b[0m"),
        (true, Class::Source) => ("\x1b[1;33m", "\x1b[0m"),
        (true, Class::Docs | Class::Compatible) => ("\x1b[1;32m", "\x1b[0m"),
    };
    let place = change.new_place().or(change.old_place()).map(shown).unwrap_or_default();
    let languages = match change.rule().languages() {
        [] => String::new(),
        languages => format!(" ({})", languages.join(", ")),
    };
    let (class, rule) = (one.class, change.rule());
    let mut text = format!("{place}: {colour}{class}{end}{languages}: {} [{rule}]\n", change.message());
    match (change.old_place(), change.new_place()) {
        (Some(old), Some(_)) => text += &format!("  = before: {}\n", shown(old)),
        (Some(_), None) => text += "  = note: this is the old file\n",
        (None, _) => {}
    }
    text += &format!("  = item: {}\n  = why: {}\n", change.item(), rule.why());
    if one.class != change.class() {
        text += "  = note: the interface may be an experiment, so this counts as source\n";
    }
    match one.exemption {
        Some(exemption) if one.exempt => {
            text += &format!("  = note: allowed until {}: {}\n", exemption.until, exemption.reason);
        }
        Some(exemption) => {
            text += &format!("  = note: was allowed until {}, which is over: {}\n", exemption.until, exemption.reason);
        }
        None => {}
    }
    text.push('\n');
    text
}

fn shown(place: &Place) -> String {
    format!("{}:{}:{}", one_line(&place.file), place.position.line, place.position.column)
}

/// "2 wire, 1 docs; not shown: 3 compatible (`--all` shows them)".
fn tally(verdict: &Verdict<'_>) -> String {
    let count = |number: usize, what: &str| (number > 0).then(|| format!("{number} {what}"));
    let counts = |classes: &[Class]| -> Vec<String> {
        classes.iter().filter_map(|&class| count(verdict.count(class), class.name())).collect()
    };
    let mut shown = counts(&[Class::Wire, Class::Source, Class::Docs]);
    let mut others = counts(&[Class::Compatible]);
    others.extend(count(verdict.exempted(), "exempted"));
    if verdict.all {
        shown.append(&mut others);
    }
    let shown = if shown.is_empty() { "nothing to report".to_owned() } else { shown.join(", ") };
    match others.is_empty() {
        true => format!("{shown}\n"),
        false => format!("{shown}; not shown: {} (`--all` shows them)\n", others.join(", ")),
    }
}
