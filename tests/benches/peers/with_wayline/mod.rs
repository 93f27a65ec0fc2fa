//! Wayline through its public API, with everything on that a user has on, in
//! its own loop and inside calloop.

mod client;
mod server;

use std::io;
use std::time::Duration;

use calloop::EventLoop;

pub(crate) use client::{connect, receive_memory};
pub(crate) use protocol::wlbench_peer::opcode;
pub(crate) use server::{serve, serve_memory};

mod protocol {
    wayline::include_protocol!("bench");
}

/// Who waits for readiness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loop {
    /// Wayline itself.
    Own,
    /// calloop, of which Wayline is one source.
    Calloop,
}

/// Sleeps until calloop's sources have something, and handles it.
fn turn<A>(events: &mut EventLoop<'static, A>, app: &mut A) {
    let forever: Option<Duration> = None;
    events.dispatch(forever, app).map_err(io::Error::from).expect("no source fails");
}
