//! Memory that clients share, as pixels.

use wayline::io::shm::Pool;
use wayline_desktop::{
    AccessError, BufferArgs, LARGE_BLOCK, Layout, LayoutError, MAX_SIDE, PixelFormat, Pixels, PixelsMut, SMALL_BLOCK,
};

/// A pool of a client as memory of pixels.
#[derive(Clone, Debug)]
pub struct Memory(pub Pool);

wayline::carry!(struct Memory(0));

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

/// A buffer in shared memory: where its pixels are.
#[derive(Clone, Debug)]
pub struct Shared {
    /// The pool that it is in.
    pub memory: Memory,
    /// Its place in the pool.
    pub layout: Layout,
}

wayline::carry!(struct Shared { memory, layout });

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
