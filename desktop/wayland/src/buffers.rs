//! Memory that clients share, as pixels.

use wayline::io::shm::Pool;
use wayline_desktop::{
    AccessError, BufferArgs, LARGE_BLOCK, Layout, LayoutError, MAX_SIDE, PixelFormat, Pixels, PixelsMut, SMALL_BLOCK,
};

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

/// What holds the pixels of a buffer.
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

    fn block(&self) -> usize {
        match self {
            Store::Memory(memory) => memory.block(),
            Store::Pixel(_) => SMALL_BLOCK,
        }
    }
}

/// What a surface shows of a buffer: all of it.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    pub(crate) store: Store,
    pub(crate) layout: Layout,
}

impl From<Shared> for Content {
    fn from(Shared { memory, layout }: Shared) -> Content {
        Content { store: Store::Memory(memory), layout }
    }
}

/// A buffer in shared memory: where its pixels are.
#[derive(Clone, Debug)]
pub struct Shared {
    /// The pool that it is in.
    pub memory: Memory,
    /// Its place in the pool.
    pub layout: Layout,
}

impl Shared {
    /// The buffer that a client describes, of a format that the desktop can draw and not larger than what is composed.
    ///
    /// # Errors
    /// What is wrong with the description.
    pub fn new(pool: Pool, args: BufferArgs) -> Result<Shared, LayoutError> {
        let layout = Layout::check(args, pool.size(), &PixelFormat::KNOWN)?.within(MAX_SIDE)?;
        Ok(Shared { memory: Memory(pool), layout })
    }
}
