//! A buffer that shows a canvas in turns with others, and remembers what it has missed meanwhile, so that only that is
//! copied when its turn comes. Knows buffers and damage; refuses to know what is drawn, and when it is shown.

use std::mem;

use wayline::io::shm::PixelFormat;
use wayline::{Client, EventHandler};

use crate::buffer::Buffer;
use crate::canvas::{Canvas, Damage};
use crate::error::Error;
use crate::protocol::{WayBuffer, WayShm};

/// What an application with pages keeps for each buffer: whether the compositor may be reading it. Set when the buffer is
/// committed, reset when it is released.
#[derive(Default)]
pub(crate) struct Busy(pub(crate) bool);

/// A buffer, made when it is first needed, and its part of the work that is still to be done.
#[derive(Default)]
pub(crate) struct Page {
    buffer: Option<Buffer>,
    missed: Damage,
}

impl Page {
    /// Whether it may be drawn into.
    pub(crate) fn is_free<A: EventHandler<WayBuffer, Data = Busy>>(&self, client: &mut Client<A>) -> bool {
        self.buffer.as_ref().is_none_or(|buffer| client.data(buffer.object).is_ok_and(|busy| !busy.0))
    }

    /// Gives the buffer up, whoever has it: for a canvas that changes its size.
    pub(crate) fn discard<A: EventHandler<WayBuffer>>(&mut self, client: &mut Client<A>) -> Result<(), Error> {
        if let Some(buffer) = self.buffer.take() {
            buffer.destroy(client)?;
        }
        Ok(())
    }

    /// Notes what has changed on the canvas.
    pub(crate) fn miss(&mut self, damage: &Damage) {
        self.missed.add_all(damage);
    }

    /// Copies what the page has missed, or everything if it is new. Returns the buffer, which must be free.
    pub(crate) fn catch_up<A: EventHandler<WayBuffer>>(
        &mut self,
        client: &mut Client<A>,
        shm: WayShm,
        canvas: &Canvas,
    ) -> Result<WayBuffer, Error> {
        let buffer = match &mut self.buffer {
            Some(buffer) => buffer,
            none => {
                self.missed = Damage::default();
                self.missed.add(canvas.bounds());
                none.insert(Buffer::new(client, shm, canvas.size(), PixelFormat::XRGB8888)?)
            }
        };
        for rect in mem::take(&mut self.missed).rects() {
            buffer.draw(*rect, |y, row| row.copy_from_slice(&canvas.row(rect.x, y)[..row.len()]))?;
        }
        Ok(buffer.object)
    }
}
