//! Turns Wayland-style protocol XML into Rust: first a checked model, then message types.
//!
//! The stages, each knowing only the one before it: `parse` (XML to the spec as written, every value with its place),
//! `check` (the rules; the spec as written to [`model`]), `pin` (the model as of an earlier version).
//!
//! As a library it is made for build scripts, see [`Builder`]. The command `wayline` does the same by hand.
//!
//! # What is refused
//!
//! Every violation of a [`Rule`] is reported with its place and a hint, all of a file at once:
//!
//! ```text
//! counter.xml:4:20: error: `add-one` is not a valid request name [invalid-name]
//!   |
//! 4 |     <request name="add-one">
//!   |                       ^ not allowed in a name
//!   |
//!   = help: a name is made of ASCII letters, digits and `_`, and does not start with a digit
//! ```
//!
//! Some rules are broken by files that the world relies on: the versions of `plasma-window-management.xml` go up and down
//! ([`Rule::SinceDecreasing`]) and its values are C expressions ([`Rule::ValueExpression`]). These two are warnings, and
//! errors only if the policy is [strict](Builder::strict). Everything else that `wayland-scanner` accepts by oversight is
//! an error here.
//!
//! Of the document type nothing is read but entities inside the file, and these only as far as they cannot grow the text
//! much; no file or address named in the XML is ever opened.

mod ast;
mod builder;
mod check;
mod diagnose;
mod emit;
mod error;
pub mod model;
mod output;
mod parse;
mod pin;
mod rule;
pub mod source;
mod text;

pub use builder::Builder;
pub use diagnose::{Diagnostic, Report, Style};
pub use emit::Sides;
pub use error::Error;
pub use output::Generated;
pub use rule::{Policy, Rule, Severity};
