//! Whether every element of a protocol says something, and says it in words of its own.

use std::collections::BTreeSet;

use wayline_codegen::model::{Direction, Docs, Protocol};

/// The fewest words that make a sentence: shorter ones, such as "the new surface", are nobody's.
const SENTENCE: usize = 6;

/// The elements without a summary, and those that need more than one and have no text: protocols, interfaces, and messages
/// with several arguments.
pub(crate) fn silent(protocol: &Protocol) -> Vec<String> {
    let mut silent = Vec::new();
    each(protocol, &mut |place, docs, needs_text| {
        let has_summary = docs.summary.as_ref().is_some_and(|summary| !summary.trim().is_empty());
        if !has_summary || needs_text && docs.text.trim().is_empty() {
            silent.push(place);
        }
    });
    silent
}

/// The sentences of all texts, as lower-case words with single spaces.
pub(crate) fn sentences(protocol: &Protocol) -> BTreeSet<String> {
    let mut sentences = BTreeSet::new();
    let mut add = |text: &str| {
        for part in text.split("\n\n").flat_map(|text| text.split(['.', '!', '?', ';', ':', '(', ')'])) {
            let words: Vec<_> = part
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .filter(|word| !word.is_empty())
                .map(str::to_lowercase)
                .collect();
            if words.len() >= SENTENCE {
                sentences.insert(words.join(" "));
            }
        }
    };
    each(protocol, &mut |_, docs, _| {
        docs.summary.iter().for_each(|summary| add(summary));
        add(&docs.text);
    });
    sentences
}

/// Calls `visit` with the name of every element, its docs, and whether a summary alone is too little.
fn each(protocol: &Protocol, visit: &mut dyn FnMut(String, &Docs, bool)) {
    visit(protocol.name.clone(), &protocol.docs, true);
    for interface in &protocol.interfaces {
        visit(interface.name.clone(), &interface.docs, true);
        for message in [Direction::Request, Direction::Event].iter().flat_map(|&side| interface.messages(side)) {
            let place = format!("{}.{}", interface.name, message.name);
            visit(place.clone(), &message.docs, message.args.len() > 1);
            for arg in &message.args {
                visit(format!("{place}.{}", arg.name), &arg.docs, false);
            }
        }
        for one in &interface.enums {
            let place = format!("{}.{}", interface.name, one.name);
            visit(place.clone(), &one.docs, false);
            for entry in &one.entries {
                visit(format!("{place}.{}", entry.name), &entry.docs, false);
            }
        }
    }
}
