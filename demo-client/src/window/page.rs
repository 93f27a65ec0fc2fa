//! Memory that shows a picture in turns with others, and remembers what it has missed meanwhile, so that only that is
//! drawn when its turn comes. Knows memory and damage; refuses to know when it may be drawn into.

use std::mem;
use std::os::fd::OwnedFd;

use wayline::io::shm::{Layout, Memory, PixelFormat, Rect};

use super::damage::Damage;
use crate::error::Error;
use crate::size::Size;

/// Memory, made when it is first needed, and its part of the work that is still to be done.
#[derive(Default)]
pub(super) struct Page {
    pixels: Option<(Memory, Layout)>,
    missed: Damage,
}

impl Page {
    /// Makes the memory if there is none. Returns it then, to be shared: all of it is still to be drawn.
    pub(super) fn renew(&mut self, size: Size, format: PixelFormat) -> Result<Option<(OwnedFd, Layout)>, Error> {
        if self.pixels.is_some() {
            return Ok(None);
        }
        let layout = Layout::packed(0, size.width, size.height, format).map_err(|_| Error::TooLarge { size })?;
        let memory = Memory::create("wayline-window", layout.end())?;
        let fd = memory.try_clone_fd()?;
        self.pixels = Some((memory, layout));
        self.missed = Damage::from(size);
        Ok(Some((fd, layout)))
    }

    /// Notes what has changed in the picture.
    pub(super) fn miss(&mut self, damage: &Damage) {
        self.missed.add_all(damage);
    }

    /// Draws what the page has missed.
    pub(super) fn catch_up(&mut self, draw: &mut impl FnMut(Rect, u32, &mut [u8])) -> Result<(), Error> {
        let Some((memory, layout)) = &mut self.pixels else { return Ok(()) };
        for &rect in mem::take(&mut self.missed).rects() {
            memory.draw_rows(layout, rect, |y, row| draw(rect, y, row))?;
        }
        Ok(())
    }
}
