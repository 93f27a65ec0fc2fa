//! Memory that clients share, as pixels.

use wayline::io::shm::Pool;
use wayline_desktop::{AccessError, LARGE_BLOCK, Layout, Pixels, PixelsMut, SMALL_BLOCK};

/// A pool of a client as memory of pixels.
#[derive(Clone, Debug)]
pub struct Memory(pub Pool);

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

/// A buffer: where its pixels are.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) memory: Memory,
    pub(crate) layout: Layout,
}
