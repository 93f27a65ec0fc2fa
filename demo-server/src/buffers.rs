//! Memory that clients share, as pixels.

use std::collections::HashMap;

use wayline::ClientId;
use wayline::io::shm::{Policy, Pool};

use crate::desktop::{AccessError, Layout, Pixels, PixelsMut};

/// What each client may share with us, and how much of it it does.
pub(crate) type Quotas = HashMap<ClientId, Policy>;

/// A buffer: where its pixels are.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) pool: Pool,
    pub(crate) layout: Layout,
}

impl Shared {
    /// The pixels, for filling them.
    pub(crate) fn writer(&self) -> impl PixelsMut {
        Writer(self.pool.clone())
    }
}

struct Writer(Pool);

impl Pixels for Pool {
    fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), AccessError> {
        let len = into.len();
        Pool::read(self, offset, into).map_err(|_| AccessError { offset, len })
    }
}

impl PixelsMut for Writer {
    fn write(&mut self, offset: usize, from: &[u8]) -> Result<(), AccessError> {
        self.0.write(offset, from).map_err(|_| AccessError { offset, len: from.len() })
    }
}
