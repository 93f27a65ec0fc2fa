//! Pixels in memory that the compositor reads, or writes, too.
//! Knows one pool with one buffer; refuses to know when either side may touch it.

use wayline::io::shm::{Layout, Memory, PixelFormat, Rect};
use wayline::{Client, EventHandler, SendError};

use crate::error::Error;
use crate::protocol::way_shm::Format;
use crate::protocol::{WayBuffer, WayShm};
use crate::size::Size;

/// A buffer and the memory behind it.
pub(crate) struct Buffer {
    pub(crate) object: WayBuffer,
    memory: Memory,
    layout: Layout,
}

impl Buffer {
    /// Makes a buffer of zeros and shares its memory.
    ///
    /// # Errors
    /// [`Error::TooLarge`] beyond 2³¹ bytes, [`Error::Buffer`] if the kernel has no memory.
    pub(crate) fn new<A: EventHandler<WayBuffer>>(
        client: &mut Client<A>,
        shm: WayShm,
        size: Size,
        format: PixelFormat,
    ) -> Result<Buffer, Error> {
        let layout = Layout::packed(0, size.width, size.height, format).map_err(|_| Error::TooLarge { size })?;
        let memory = Memory::create("demo-client", layout.end())?;
        let args = layout.args();
        let pool = shm.create_pool(client, memory.try_clone_fd()?, args.stride * args.height)?;
        let object =
            pool.create_buffer(client, args.offset, args.width, args.height, args.stride, Format(args.format))?;
        // The memory stays shared as long as the buffer is there.
        pool.destroy(client)?;
        Ok(Buffer { object, memory, layout })
    }

    /// Gives it up. A surface that shows it keeps its content until the next commit.
    pub(crate) fn destroy<A: EventHandler<WayBuffer>>(self, client: &mut Client<A>) -> Result<(), SendError> {
        self.object.destroy(client)
    }

    pub(crate) fn size(&self) -> Size {
        Size::new(self.layout.width(), self.layout.height())
    }

    /// Draws a rectangle, which must lie inside: `row` gets the number of each row and its pixels to be filled.
    ///
    /// # Errors
    /// [`Error::Buffer`].
    pub(crate) fn draw(&mut self, rect: Rect, row: impl FnMut(u32, &mut [u8])) -> Result<(), Error> {
        Ok(self.memory.draw_rows(&self.layout, rect, row)?)
    }

    /// Draws all of it.
    ///
    /// # Errors
    /// [`Error::Buffer`].
    pub(crate) fn draw_all(&mut self, row: impl FnMut(u32, &mut [u8])) -> Result<(), Error> {
        self.draw(self.layout.bounds(), row)
    }

    /// A copy of its bytes.
    ///
    /// # Errors
    /// [`Error::Buffer`].
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; self.layout.end()];
        self.memory.read(0, &mut bytes)?;
        Ok(bytes)
    }
}
