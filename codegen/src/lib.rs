//! Turns Wayland-style protocol XML into Rust: first a checked model, then message types for the crate `wayline`.
//!
//! The stages, each knowing only the one before it:
//!
//! | stage | from | to |
//! |---|---|---|
//! | `parse` | XML | the spec as written, every value with its place |
//! | `check` | the spec as written | the [`model`]: opcodes, versions, references, sizes; and a [`Report`] |
//! | `pin` | the model | the model as of an earlier version |
//! | `emit` | the model | Rust |
//! | `diff` | two models | what changed, and whom it breaks |
//! | `doc` | models | pages that describe them |
//! | `lint` | the spec and the model | what is legal and harms all the same |
//!
//! It is made for build scripts, see [`Builder`]. The command `wayline` (crate `wayline-tools`) does the same by hand:
//! `wayline check` lists what is wrong with files, `wayline diff` what changed in them, `wayline doc` describes them, `wayline generate` writes Rust, and
//! with `--check` compares it with what is there.
//!
//! # What is generated
//!
//! All interfaces of all files of a builder, in one flat piece of Rust that an including module can hold. An interface
//! `way_surface` becomes
//!
//! - `WaySurface`, a `Copy` handle with a method for every request (called by clients) and event (called by servers), which
//!   queues it, and gives back handles of the objects that it makes. It has `id()`, `version()`, `client()` and `handle()`
//!   too, unless a message has that name; then the trait `wayline::Interface` has them;
//! - the module `way_surface` with the enums `Request` and `Event`, whose strings and arrays borrow from the receive buffer
//!   and whose fds are owned; a newtype for each enum, with its entries as constants, which any value fits; the numbers of
//!   messages as constants, such as `opcode::COMMIT` and `since::COMMIT`; and `SPEC`, the tables that the runtime goes by;
//! - with [`Builder::message_values`] also `OwnedRequest` and `OwnedEvent`, to which `into_owned` copies a message that is
//!   to be kept, and `send`, which sends a message as a value;
//! - the dispatch of received messages to the handlers of an application. Its bounds name every handler that objects of
//!   this interface can lead to, so that a forgotten one does not compile.
//!
//! `wl_display`, `wl_registry`, `wl_callback` and `wl_fixes` are checked but not generated: they are in
//! `wayline::protocol`.
//!
//! Names take the case of Rust. One that is a keyword, or that generated code needs for itself, gets an underscore behind
//! it (`type_`), an entry that starts with a digit one in front (`_90`). An event with the name of a request is sent by
//! `name_event`. The constants of a message are its method's name in capitals.
//!
//! The same input gives the same output, byte for byte, on every machine. It is indented, but its lines are as long as
//! their statements; the command prints the same code with lines of the usual width. No lint needs to be silenced for it
//! but where the code says so itself, with its reason.
//!
//! # What is refused
//!
//! Every violation of a [`Rule`] is reported with its place and a hint, all of a file at once:
//!
//! ```text
//! counter.xml:4:23: error: `add-one` is not a valid request name [invalid-name]
//!   |
//! 4 |     <request name="add-one">
//!   |                       ^ not allowed in a name
//!   |
//!   = help: a name is made of ASCII letters, digits and `_`, and does not start with a digit
//! ```
//!
//! The lines with their marks are drawn by the feature `snippets`, which the command has (feature `cli`, the default) and
//! build scripts can do without: with `default-features = false` this crate needs nothing but a reader of XML.
//!
//! Some rules are broken by files that the world relies on, or that `wayland-scanner` at least accepts: the versions of
//! `plasma-window-management.xml` go up and down ([`Rule::SinceDecreasing`]), its values are C expressions
//! ([`Rule::ValueExpression`]), and other files have attributes that the format does not have
//! ([`Rule::UnknownAttribute`]). These are warnings, and errors only if the policy is [strict](Builder::strict). Refused is
//! what no code can be generated from, or only code that means something else than the author's: two messages of one name
//! ([`Rule::DuplicateMessage`]), values that are no numbers, elements within each other. Legal but worth a warning are
//! events that end an object to which clients send requests ([`Rule::DestructorEvent`]). Interfaces that no file defines are
//! worth a note, until code is to be generated: then they need an [`extern_path`](Builder::extern_path).
//!
//! Rules and tests name the case of the conformance kit that asks for them (`X09`): `tests/CONFORMANCE.md` in the
//! repository has them all, `conform scanner --list` prints them with their sources.
//!
//! Of the document type nothing is read but entities inside the file, and these only as far as they cannot grow the text
//! much; no file or address named in the XML is ever opened.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod ast;
mod builder;
mod check;
#[cfg(feature = "cli")]
pub mod command;
mod diagnose;
#[cfg(feature = "diff")]
pub mod diff;
#[cfg(feature = "doc")]
pub mod doc;
mod emit;
mod error;
#[cfg(feature = "lint")]
pub mod lint;
pub mod model;
mod output;
mod parse;
mod pin;
mod rule;
pub mod source;
mod system;
mod text;

pub use builder::Builder;
pub use diagnose::{Diagnostic, Report, Style};
pub use emit::Sides;
pub use error::Error;
pub use output::Generated;
pub use rule::{Policy, Rule, Severity};
pub use system::{MissingPackage, Package};
