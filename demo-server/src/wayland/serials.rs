//! Serials of input events, and whom they were given to. Requests that answer an
//! action of the user name the event that it was; one that nobody was given, or
//! somebody else, is no reason for anything.

use std::collections::VecDeque;

use wayline::ClientId;

/// Events remembered: who answers an older one is too late.
const KEPT: usize = 1024;

/// Serials that can be named.
#[derive(Debug, Default)]
pub(crate) struct Serials {
    given: VecDeque<(u32, ClientId)>,
}

impl Serials {
    /// A client is told of an input event.
    pub(super) fn give(&mut self, serial: u32, client: ClientId) {
        if self.given.len() == KEPT {
            self.given.pop_front();
        }
        self.given.push_back((serial, client));
    }

    /// Whether a client was told of an input event with this serial.
    pub(super) fn was_given(&self, serial: u32, client: ClientId) -> bool {
        self.given.contains(&(serial, client))
    }
}

/// Whether a serial is not older than another one; they start again from 0.
pub(super) fn is_not_before(serial: u32, other: u32) -> bool {
    serial.wrapping_sub(other) as i32 >= 0
}
