//! The producer's side: memory made here and given to a peer.

use std::io;
use std::mem;
use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};
use rustix::io::{Errno, fcntl_dupfd_cloexec};
use wayline_pixels::{Layout, Rect};

use super::error::ShmError;
use super::policy::Access;
use super::rows::Rows;
use super::span::{Span, Way, write_own_file};

/// A memfd of this process, mapped and ready to be drawn into.
///
/// It can grow but not shrink, which lets the peer map it without risk. Pass it
/// on with [`Memory::try_clone_fd`]. The peer can read and write it at any time:
/// reads may see its writes half done.
///
/// ```
/// use wayline::io::shm::{Layout, Memory, PixelFormat};
///
/// let layout = Layout::packed(0, 640, 480, PixelFormat::XRGB8888)?;
/// let mut memory = Memory::create("picture", layout.end())?;
/// memory.draw_rows(&layout, layout.bounds(), |y, row| {
///     for (x, pixel) in row.chunks_exact_mut(4).enumerate() {
///         pixel.copy_from_slice(&[x as u8, y as u8, 0, 0]);
///     }
/// })?;
/// let to_be_sent = memory.try_clone_fd()?;
/// # Ok::<(), wayline::io::shm::ShmError>(())
/// ```
#[derive(Debug)]
pub struct Memory {
    file: OwnedFd,
    size: usize,
    frozen: bool,
    /// Not mapped while frozen or empty, nor where the kernel could let it fault.
    way: Way,
    /// One row, kept so that drawing does not allocate each time.
    row: Vec<u8>,
}

impl Memory {
    /// Makes zeroed memory of `size` bytes, at least one. The memfd has
    /// close-on-exec set, cannot be made executable (before Linux 6.3: could),
    /// and is sealed against shrinking.
    ///
    /// `name` is for people who look into /proc; at most 249 bytes without NUL.
    ///
    /// # Errors
    /// [`ShmError::Size`] for zero, [`ShmError::Io`] for all else.
    pub fn create(name: &str, size: usize) -> Result<Memory, ShmError> {
        if size == 0 {
            return Err(ShmError::Size { size: 0 });
        }
        let file = memfd(name, size)?;
        add_seals(&file, SealFlags::SHRINK)?;
        let way = Way::to_memory(&file, size, Access::ReadWrite);
        Ok(Memory { file, size, frozen: false, way, row: Vec::new() })
    }

    /// Makes memory that holds `contents` and that nobody can change any more:
    /// for data given to many peers at once, such as keymaps.
    ///
    /// # Errors
    /// [`ShmError::Io`].
    pub fn immutable(name: &str, contents: &[u8]) -> Result<Memory, ShmError> {
        let size = contents.len();
        let file = memfd(name, size)?;
        write_own_file(&file, contents)?;
        let mut memory = Memory { file, size, frozen: false, way: Way::Copied(None), row: Vec::new() };
        memory.freeze()?;
        Ok(memory)
    }

    /// Size in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Makes the memory larger; the new bytes are zero. Nothing happens if it
    /// is as large already. A pool made of it at the peer needs a `resize` too.
    ///
    /// # Errors
    /// [`ShmError::Shrinking`] for a smaller size, [`ShmError::Io`] after
    /// [`Memory::seal_size`] or if there is no memory.
    pub fn grow(&mut self, size: usize) -> Result<(), ShmError> {
        if size < self.size {
            let requested = i64::try_from(size).unwrap_or(i64::MAX);
            return Err(ShmError::Shrinking { current: self.size, requested });
        }
        if size > self.size {
            ftruncate(&self.file, size as u64).map_err(|error| ShmError::io("enlarge", error))?;
            self.size = size;
            self.map();
        }
        Ok(())
    }

    /// Makes the size final for both sides: no growing, and no further seals.
    ///
    /// # Errors
    /// [`ShmError::Io`] if it was done before.
    pub fn seal_size(&mut self) -> Result<(), ShmError> {
        add_seals(&self.file, SealFlags::GROW | SealFlags::SEAL)
    }

    /// Makes the contents final for both sides. Unmaps the memory here first;
    /// afterwards it can still be read, and sent.
    ///
    /// # Errors
    /// [`ShmError::StillMapped`] while a peer has it mapped; the memory can then
    /// be written as before. [`ShmError::Io`] after [`Memory::seal_size`].
    pub fn freeze(&mut self) -> Result<(), ShmError> {
        self.way = Way::Copied(None);
        let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL;
        let result = add_seals(&self.file, seals);
        match result {
            Ok(()) => self.frozen = true,
            Err(_) => self.map(),
        }
        result
    }

    /// Copies `bytes` to `offset`.
    ///
    /// # Errors
    /// [`ShmError::OutOfBounds`], [`ShmError::NotWritable`] if frozen.
    pub fn write(&mut self, offset: usize, bytes: &[u8]) -> Result<(), ShmError> {
        self.writable()?.write(offset, bytes)
    }

    /// Sets all bytes of a range.
    ///
    /// # Errors
    /// As [`Memory::write`].
    pub fn fill(&mut self, range: Range<usize>, byte: u8) -> Result<(), ShmError> {
        self.writable()?.fill(range, byte)
    }

    /// Copies the bytes from `offset` on into `out`.
    ///
    /// # Errors
    /// [`ShmError::OutOfBounds`].
    pub fn read(&self, offset: usize, out: &mut [u8]) -> Result<(), ShmError> {
        self.span().read(offset, out)
    }

    /// Copies the pixels of a rectangle from `pixels`, whose rows are `stride`
    /// bytes apart.
    ///
    /// # Errors
    /// As [`Memory::write`]; also if `pixels` is too short.
    pub fn write_rect(&mut self, layout: &Layout, rect: Rect, pixels: &[u8], stride: usize) -> Result<(), ShmError> {
        self.writable()?.write_rect(layout, rect, pixels, stride)
    }

    /// Draws a rectangle row by row: `draw` gets the number of each row and
    /// private memory for its pixels (with whatever the row before left there),
    /// which is then copied into place.
    ///
    /// # Errors
    /// As [`Memory::write`].
    pub fn draw_rows(
        &mut self,
        layout: &Layout,
        rect: Rect,
        mut draw: impl FnMut(u32, &mut [u8]),
    ) -> Result<(), ShmError> {
        let rows = Rows::new(layout, rect)?;
        self.writable()?;
        let mut row = mem::take(&mut self.row);
        row.resize(rows.length(), 0);
        let span = self.span();
        let result = rows.numbered().try_for_each(|(start, y)| {
            draw(y, &mut row);
            span.write(start, &row)
        });
        self.row = row;
        result
    }

    /// Another descriptor of the memory, to be sent to a peer.
    ///
    /// # Errors
    /// [`ShmError::Io`], `EMFILE` for instance.
    pub fn try_clone_fd(&self) -> Result<OwnedFd, ShmError> {
        fcntl_dupfd_cloexec(&self.file, 0).map_err(|error| ShmError::io("duplicate", error))
    }

    fn writable(&self) -> Result<Span<'_>, ShmError> {
        if self.frozen { Err(ShmError::NotWritable) } else { Ok(self.span()) }
    }

    fn span(&self) -> Span<'_> {
        Span { file: &self.file, way: &self.way, size: self.size }
    }

    fn map(&mut self) {
        self.way = Way::to_memory(&self.file, self.size, Access::ReadWrite);
    }
}

impl AsFd for Memory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

fn memfd(name: &str, size: usize) -> Result<OwnedFd, ShmError> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let file = match memfd_create(name, flags | MemfdFlags::NOEXEC_SEAL) {
        // Linux before 6.3 does not know the flag.
        Err(Errno::INVAL) => memfd_create(name, flags),
        result => result,
    };
    let file = file.map_err(|error| ShmError::io("create", error))?;
    // Nothing in memory is larger.
    let size = size.try_into().ok().filter(|_| size <= isize::MAX as usize);
    let size: u64 = size.ok_or_else(|| ShmError::io("create", io::ErrorKind::OutOfMemory))?;
    ftruncate(&file, size).map_err(|error| ShmError::io("create", error))?;
    Ok(file)
}

fn add_seals(file: &OwnedFd, seals: SealFlags) -> Result<(), ShmError> {
    fcntl_add_seals(file, seals).map_err(|error| match error {
        Errno::BUSY => ShmError::StillMapped,
        error => ShmError::io("seal", error),
    })
}

#[cfg(test)]
mod tests;
