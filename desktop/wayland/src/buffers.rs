//! Memory that clients share, as pixels.

use wayline::io::shm::Pool;
use wayline_desktop::{AccessError, Layout, Pixels, PixelsMut};

/// A pool of a client as memory of pixels.
#[derive(Clone, Debug)]
pub struct Memory(pub Pool);

impl Pixels for Memory {
    fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), AccessError> {
        self.0.read(offset, into).map_err(|_| AccessError { offset, len: into.len() })
    }
}

impl PixelsMut for Memory {
    fn write(&mut self, offset: usize, from: &[u8]) -> Result<(), AccessError> {
        self.0.write(offset, from).map_err(|_| AccessError { offset, len: from.len() })
    }
}

/// Where the pixels of a buffer are.
#[derive(Clone, Debug)]
pub(crate) enum Store {
    Memory(Memory),
    /// One pixel, in no memory of the client.
    Pixel([u8; 4]),
}

impl Pixels for Store {
    fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), AccessError> {
        match self {
            Store::Memory(memory) => memory.read(offset, into),
            Store::Pixel(pixel) => {
                let bytes = pixel.get(offset..).and_then(|rest| rest.get(..into.len()));
                into.copy_from_slice(bytes.ok_or(AccessError { offset, len: into.len() })?);
                Ok(())
            }
        }
    }
}

/// A buffer: where its pixels are.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) layout: Layout,
}
