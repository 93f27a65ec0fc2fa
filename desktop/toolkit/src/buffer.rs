//! Memory that shows a picture in turns with others, and remembers what it has missed meanwhile, so that only that is
//! drawn when its turn comes.

use std::os::fd::OwnedFd;

use wayline::io::shm::Memory;
use wayline_pixels::{BufferArgs, Damage, Layout, MAX_SIDE, PixelFormat, Rect};

use crate::error::Error;
use crate::size::Size;

/// Two, so that one can be drawn while the compositor shows the other.
pub(crate) const BUFFERS: usize = 2;

/// Where rows start in the memory of a buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Rows {
    /// At a multiple of 256 bytes, as GPUs want it that import the memory.
    #[default]
    Aligned,
    /// Right behind the row before.
    Packed,
}

/// Memory has a multiple of so many bytes: pages are not larger on any machine.
const LARGEST_PAGE: usize = 1 << 16;

/// Memory to be sent, and its size in bytes.
pub(crate) type Shared = (OwnedFd, i32);

/// Memory, made when it is first needed, and its part of the work that is still to be done.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    pixels: Option<(Memory, Layout)>,
    missed: Damage,
}

impl Buffer {
    /// Makes the memory if there is none. Returns it then, with its size, to be shared: all of it is still to be drawn.
    pub(crate) fn renew(
        &mut self,
        size: Size,
        format: PixelFormat,
        rows: Rows,
    ) -> Result<Option<(Shared, Layout)>, Error> {
        if self.pixels.is_some() {
            return Ok(None);
        }
        let layout = layout(size, format, rows)?;
        // Sealed against shrinking, and not against writing.
        let memory = Memory::create("wayline-window", layout.end().next_multiple_of(LARGEST_PAGE))?;
        let bytes = i32::try_from(memory.size()).map_err(|_| Error::Size { size })?;
        let shared = (memory.try_clone_fd()?, bytes);
        self.pixels = Some((memory, layout));
        self.missed = Damage::from(size);
        Ok(Some((shared, layout)))
    }

    /// Notes what has changed in the picture.
    pub(crate) fn miss(&mut self, damage: &Damage) {
        self.missed.extend(damage.rects().iter().copied());
    }

    /// Draws what the buffer has missed.
    pub(crate) fn catch_up(&mut self, draw: &mut impl FnMut(Rect, u32, &mut [u8])) -> Result<(), Error> {
        let Some((memory, layout)) = &mut self.pixels else { return Ok(()) };
        for rect in self.missed.drain() {
            memory.draw_rows(layout, rect, |y, row| draw(rect, y, row))?;
        }
        Ok(())
    }
}

/// A layout at the start of its memory.
fn layout(size: Size, format: PixelFormat, rows: Rows) -> Result<Layout, Error> {
    if size.width > MAX_SIDE || size.height > MAX_SIDE {
        return Err(Error::Size { size });
    }
    let error = |_| Error::Size { size };
    let packed = Layout::packed(0, size.width, size.height, format).map_err(error)?.args();
    let alignment = if rows == Rows::Aligned { 256 } else { 1 };
    let stride = packed.stride.cast_unsigned().next_multiple_of(alignment).cast_signed();
    Layout::check(BufferArgs { stride, ..packed }, i32::MAX as usize, &[format]).map_err(error)
}

#[cfg(test)]
mod tests {
    use rustix::fs::{SealFlags, fcntl_get_seals, fstat};

    use super::*;

    #[test]
    fn compositors_can_import_the_memory_of_buffers() {
        for (width, height) in [(1, 1), (63, 5), (64, 64), (65, 7), (1921, 1080), (16384, 16384)] {
            let mut buffer = Buffer::default();
            let size = Size::new(width, height);
            let ((fd, bytes), layout) =
                buffer.renew(size, PixelFormat::XRGB8888, Rows::Aligned).unwrap().expect("it is new");
            let bytes = bytes as usize;
            assert_eq!(layout.args().offset, 0);
            assert_eq!(layout.stride() % 256, 0, "{size}");
            assert!(layout.stride() - width as usize * 4 < 256, "{size}");
            assert_eq!(bytes % 4096, 0, "{size}");
            assert!(bytes >= layout.end());
            assert_eq!(fstat(&fd).unwrap().st_size as usize, bytes);
            let seals = fcntl_get_seals(&fd).unwrap();
            assert!(seals.contains(SealFlags::SHRINK) && !seals.intersects(SealFlags::WRITE), "{seals:?}");
            assert!(buffer.renew(size, PixelFormat::XRGB8888, Rows::Aligned).unwrap().is_none());
        }
    }

    #[test]
    fn only_what_was_missed_within_the_picture_is_drawn_and_once() {
        let mut buffer = Buffer::default();
        buffer.renew(Size::new(8, 4), PixelFormat::XRGB8888, Rows::Packed).unwrap().expect("it is new");
        let drawn = |buffer: &mut Buffer| {
            let mut rects = Vec::new();
            buffer.catch_up(&mut |rect, y, row| rects.push((rect, y, row.len()))).unwrap();
            rects
        };
        assert_eq!(drawn(&mut buffer).len(), 4);
        let mut damage = Damage::default();
        damage.extend([Rect::new(6, 3, 100, 100), Rect::new(-9, -9, 9, 9)]);
        buffer.miss(&damage);
        assert_eq!(drawn(&mut buffer), [(Rect::new(6, 3, 2, 1), 3, 8)]);
        assert_eq!(drawn(&mut buffer), []);
    }

    #[test]
    fn sizes_that_no_buffer_can_have_are_refused_before_there_is_memory() {
        for (width, height) in [(0, 1), (1, 0), (u32::MAX, u32::MAX), (1 << 31, 1), (i32::MAX as u32, 1)] {
            let renewed = Buffer::default().renew(Size::new(width, height), PixelFormat::ARGB8888, Rows::Packed);
            assert!(matches!(renewed, Err(Error::Size { .. })), "{width}x{height}");
        }
    }
}
