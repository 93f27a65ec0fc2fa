//! wayland-client and wayland-server with their Rust backend, used as their
//! documentation shows.

mod client;
mod server;

pub(crate) use client::connect;
pub(crate) use server::serve;
