//! The elements and comments of a file, of which the spec as written has no trace.

use std::collections::BTreeMap;

use roxmltree::{Document, ParsingOptions};

use crate::source::{Source, Span};

/// The elements of a file in the order in which they start, and its comments.
#[derive(Default)]
pub(super) struct Elements {
    list: Vec<Element>,
    pub(super) comments: Vec<Comment>,
    pub(super) versions: Vec<VersionAttribute>,
}

pub(super) struct Element {
    start: usize,
    end: usize,
    parent: Option<usize>,
    is_prose: bool,
}

pub(super) struct Comment {
    pub(super) span: Span,
    pub(super) text: String,
    /// The element that it stands in.
    pub(super) parent: Option<usize>,
    /// The next element behind it there, unless that is a description of the parent.
    pub(super) next: Option<usize>,
}

/// An attribute `version` of an element that has `since` instead.
pub(super) struct VersionAttribute {
    /// Its name in the file.
    pub(super) span: Span,
    pub(super) value: String,
    pub(super) element: String,
    pub(super) has_since: bool,
}

impl Elements {
    /// Of a file that has been read before, so that it is known to be small enough.
    pub(super) fn read(source: &Source) -> Self {
        let options = ParsingOptions { allow_dtd: true, nodes_limit: u32::MAX, entity_resolver: None };
        let mut elements = Self::default();
        let Ok(document) = Document::parse_with_options(source.text(), options) else { return elements };
        let mut indices = BTreeMap::<u32, usize>::new();
        // Comments that wait for the next element beside them.
        let mut waiting = BTreeMap::<Option<usize>, Vec<usize>>::new();
        for node in document.descendants() {
            let parent = node.parent().and_then(|parent| indices.get(&parent.id().get()).copied());
            let range = node.range();
            if node.is_comment() {
                waiting.entry(parent).or_default().push(elements.comments.len());
                let span = Span { start: range.start, end: range.end };
                let text = node.text().unwrap_or_default().to_owned();
                elements.comments.push(Comment { span, text, parent, next: None });
            } else if node.is_element() {
                let index = elements.list.len();
                indices.insert(node.id().get(), index);
                let name = node.tag_name().name();
                let is_prose = matches!(name, "description" | "copyright");
                if !is_prose {
                    for comment in waiting.remove(&parent).unwrap_or_default() {
                        elements.comments[comment].next = Some(index);
                    }
                }
                elements.list.push(Element { start: range.start, end: range.end, parent, is_prose });
                if let (Some(attribute), "request" | "event" | "enum" | "entry") =
                    (node.attribute_node("version"), name)
                {
                    let start = attribute.range().start;
                    elements.versions.push(VersionAttribute {
                        span: Span { start, end: start + "version".len() },
                        value: attribute.value().to_owned(),
                        element: name.to_owned(),
                        has_since: node.has_attribute("since"),
                    });
                }
            }
        }
        elements
    }

    /// The innermost element at a place, of which a description is a part, and those around it.
    pub(super) fn around(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        let mut index = self.list.partition_point(|element| element.start <= at).checked_sub(1);
        while let Some(inner) = index.filter(|&inner| self.list[inner].end <= at || self.list[inner].is_prose) {
            index = self.list[inner].parent;
        }
        std::iter::successors(index, |&inner| self.list[inner].parent)
    }
}
