//! Windows of desk.xml, for any compositor and any client.
//!
//! Each side asks for what it needs by its `Host` trait, whose supertraits say that the interfaces of the library are
//! handed to it. That one bound is enough to reach the library's own state and to send all messages.

pub mod client;
pub mod server;
