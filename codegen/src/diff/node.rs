//! An element as written and as checked, with the text it came from.

use super::Place;
use crate::ast::{self, Text};
use crate::model::{self, Docs};
use crate::source::{Source, Span};

/// An element: `spec` is what the file says, `model` what it means.
pub(super) struct Node<'a, S, M> {
    pub(super) source: &'a Source,
    pub(super) spec: &'a S,
    pub(super) model: &'a M,
}

impl<S, M> Clone for Node<'_, S, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S, M> Copy for Node<'_, S, M> {}

pub(super) type Protocol<'a> = Node<'a, ast::Protocol, model::Protocol>;
pub(super) type Interface<'a> = Node<'a, ast::Interface, model::Interface>;
pub(super) type Message<'a> = Node<'a, ast::Message, model::Message>;
pub(super) type Arg<'a> = Node<'a, ast::Arg, model::Arg>;
pub(super) type Enum<'a> = Node<'a, ast::Enum, model::Enum>;
pub(super) type Entry<'a> = Node<'a, ast::Entry, model::Entry>;

/// The files of one side. All of them are valid, so each has its model.
pub(super) fn files<'a>(
    sources: &'a [Source],
    files: &'a [Option<ast::Protocol>],
    models: &'a [model::Protocol],
) -> Vec<Protocol<'a>> {
    let files = sources.iter().zip(files.iter().flatten()).zip(models);
    files.map(|((source, spec), model)| Node { source, spec, model }).collect()
}

impl<'a, S, M> Node<'a, S, M> {
    /// The elements of a list below this one.
    pub(super) fn below<T, N>(
        &self,
        specs: impl FnOnce(&'a S) -> &'a [T],
        models: impl FnOnce(&'a M) -> &'a [N],
    ) -> Vec<Node<'a, T, N>> {
        let source = self.source;
        specs(self.spec).iter().zip(models(self.model)).map(|(spec, model)| Node { source, spec, model }).collect()
    }

    /// The place of an attribute.
    pub(super) fn place_of(&self, text: &Text) -> Place {
        self.at(text.span)
    }

    pub(super) fn at(&self, span: Span) -> Place {
        Place { file: self.source.name().to_owned(), position: self.source.position(span.start) }
    }
}

impl<'a, S: Named, M> Node<'a, S, M> {
    /// The name in the file.
    pub(super) fn name(&self) -> &'a str {
        self.spec.name().map_or("", |name| name.value.as_str())
    }

    /// Where the name stands.
    pub(super) fn place(&self) -> Place {
        self.place_or(None)
    }

    /// Where an attribute stands or, if it is left out, the name.
    pub(super) fn place_or(&self, attribute: Option<&Text>) -> Place {
        match attribute.or_else(|| self.spec.name()) {
            Some(text) => self.place_of(text),
            None => self.at(self.spec.tag()),
        }
    }
}

/// An element with a name.
pub(super) trait Named {
    fn name(&self) -> Option<&Text>;
    fn tag(&self) -> Span;
}

/// An element that says something about itself.
pub(super) trait Documented {
    fn docs(&self) -> &Docs;
}

macro_rules! elements {
    ($($name:ident)+) => {
        $(
            impl Named for ast::$name {
                fn name(&self) -> Option<&Text> {
                    self.name.as_ref()
                }

                fn tag(&self) -> Span {
                    self.tag
                }
            }

            impl Documented for model::$name {
                fn docs(&self) -> &Docs {
                    &self.docs
                }
            }
        )+
    };
}

elements! { Protocol Interface Message Arg Enum Entry }
