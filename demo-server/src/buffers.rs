//! Memory that clients share, as pixels.

use std::collections::HashMap;

use wayline::ClientId;
use wayline::io::shm::{Policy, Pool};

use wayline_desktop::{AccessError, LARGE_BLOCK, Layout, Pixels, PixelsMut, SMALL_BLOCK};

/// What each client may share with us, and how much of it it does.
pub(crate) type Quotas = HashMap<ClientId, Policy>;

/// What is taken from clients: pools never shrink, in either protocol, so memory may be sealed against it.
pub(crate) fn policy() -> Policy {
    Policy { add_seal: true, ..Policy::default() }
}

/// A pool as memory of pixels.
#[derive(Clone, Debug)]
pub(crate) struct Memory(pub(crate) Pool);

/// A buffer: where its pixels are.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) memory: Memory,
    pub(crate) layout: Layout,
}

impl Pixels for Memory {
    fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), AccessError> {
        self.0.read(offset, into).map_err(|_| AccessError { offset, len: into.len() })
    }

    fn block(&self) -> usize {
        if self.0.is_mapped() { SMALL_BLOCK } else { LARGE_BLOCK }
    }
}

impl PixelsMut for Memory {
    fn write(&mut self, offset: usize, from: &[u8]) -> Result<(), AccessError> {
        self.0.write(offset, from).map_err(|_| AccessError { offset, len: from.len() })
    }
}
