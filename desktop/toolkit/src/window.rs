//! A window: its buffers, and what they have missed.

use wayline::{Client, SendError};
use wayline_pixels::{Damage, PixelFormat, Rect};

use crate::buffer::{BUFFERS, Buffer, Rows};
use crate::error::Error;
use crate::host::{Host, WindowId};
use crate::protocol::wayland::{WlSurface, XdgToplevel};
use crate::size::Size;
use crate::{native, wayland};

/// A window. Two buffers of shared memory take turns in it: [`Window::present`] brings one of them up to date and shows it.
///
/// Made by [`Compositor::open`](crate::Compositor::open). Dropping it leaves the window on the screen, with the picture
/// that it has; [`Compositor::close`](crate::Compositor::close) takes it off.
#[derive(Debug)]
pub struct Window {
    pub(crate) role: Role,
    format: PixelFormat,
    rows: Rows,
    buffers: [Buffer; BUFFERS],
    /// The size of the last picture.
    size: Option<Size>,
}

/// A surface in the role of a window.
#[derive(Debug)]
pub(crate) enum Role {
    Native(native::Role),
    Wayland(wayland::Role),
}

impl Window {
    pub(crate) fn new(role: Role, format: PixelFormat, rows: Rows) -> Window {
        Window { role, format, rows, buffers: [Buffer::default(), Buffer::default()], size: None }
    }

    /// What its events are called by.
    #[must_use]
    pub fn id(&self) -> WindowId {
        match &self.role {
            Role::Native(role) => role.id(),
            Role::Wayland(role) => role.id(),
        }
    }

    /// The size of the last picture; `None` before the first.
    #[must_use]
    pub fn size(&self) -> Option<Size> {
        self.size
    }

    /// Whether it is time for a picture: the window was configured, the last picture was shown, and the compositor has
    /// given a buffer back. May become so after any dispatch of the loop, not only after one with an event.
    #[must_use]
    pub fn is_ready<A: Host>(&self, client: &mut Client<A>) -> bool {
        let status = match &self.role {
            Role::Native(role) => role.status(client),
            Role::Wayland(role) => role.status(client),
        };
        status.is_ok_and(|status| status.configured && !status.awaits_frame && status.free_buffer().is_some())
    }

    /// Shows a picture of `size`, which differs from the one shown before by `damage`; all of it counts as damaged if there
    /// was none, or one of another size. `draw` gets a rectangle, the number of a row that crosses it, and the pixels to be
    /// filled; it is called for all rows of what this buffer has missed, which may be more than the damage. Rectangles are
    /// within the picture, whatever `damage` has.
    ///
    /// Returns `false`, and does nothing, if the compositor still reads both buffers. It makes sense to try again after any
    /// dispatch of the loop, with the damage of both times.
    ///
    /// # Errors
    /// [`Error::Size`], or that requests cannot be sent or memory cannot be had.
    pub fn present<A: Host>(
        &mut self,
        client: &mut Client<A>,
        size: Size,
        damage: &Damage,
        mut draw: impl FnMut(Rect, u32, &mut [u8]),
    ) -> Result<bool, Error> {
        let status = match &self.role {
            Role::Native(role) => role.status(client)?,
            Role::Wayland(role) => role.status(client)?,
        };
        let Some(index) = status.free_buffer() else { return Ok(false) };
        let all = Damage::from(size);
        let mut damage = damage;
        if self.size != Some(size) {
            self.size = Some(size);
            self.buffers = [Buffer::default(), Buffer::default()];
            damage = &all;
        }
        for buffer in &mut self.buffers {
            buffer.miss(damage);
        }
        let buffer = &mut self.buffers[index];
        if let Some((memory, layout)) = buffer.renew(size, self.format, self.rows)? {
            match &mut self.role {
                Role::Native(role) => role.share(client, index, memory, &layout)?,
                Role::Wayland(role) => role.share(client, index, memory, &layout)?,
            }
        }
        let draw = || buffer.catch_up(&mut draw);
        let status = match &mut self.role {
            Role::Native(role) => {
                role.status(client)?.busy[index] = true;
                role.present(client, index, damage.rects(), draw)?;
                role.status(client)?
            }
            Role::Wayland(role) => {
                role.status(client)?.busy[index] = true;
                role.present(client, index, damage.rects(), draw)?;
                role.status(client)?
            }
        };
        status.awaits_frame = true;
        client.flush();
        Ok(true)
    }

    /// As [`Window::present`], of pixels that are there already: rows of `stride` bytes, from the top, as the format of the
    /// window has them. Only what the buffer has missed is copied.
    ///
    /// # Errors
    /// As [`Window::present`]; [`Error::Picture`] if the pixels are too few.
    pub fn present_pixels<A: Host>(
        &mut self,
        client: &mut Client<A>,
        size: Size,
        damage: &Damage,
        pixels: &[u8],
        stride: usize,
    ) -> Result<bool, Error> {
        let pixel = usize::from(self.format.bytes_per_pixel);
        let row = size.width as usize * pixel;
        let needed =
            stride.checked_mul((size.height as usize).saturating_sub(1)).and_then(|rows| rows.checked_add(row));
        if row > stride || needed.is_none_or(|needed| needed > pixels.len()) {
            return Err(Error::Picture { size, stride, bytes: pixels.len() });
        }
        self.present(client, size, damage, |rect, y, row| {
            let start = y as usize * stride + rect.left().cast_unsigned() as usize * pixel;
            row.copy_from_slice(&pixels[start..][..row.len()]);
        })
    }

    /// Puts the last [`Event::Configure`](crate::Event::Configure) in force without a new picture.
    ///
    /// # Errors
    /// [`Error::Send`].
    pub fn commit<A: Host>(&self, client: &mut Client<A>) -> Result<(), Error> {
        Ok(match &self.role {
            Role::Native(role) => role.commit(client),
            Role::Wayland(role) => role.commit(client),
        }?)
    }

    /// Changes the text of the title bar.
    ///
    /// # Errors
    /// [`Error::Send`].
    pub fn set_title<A: Host>(&self, client: &mut Client<A>, title: &str) -> Result<(), Error> {
        let sent: Result<(), SendError> = match &self.role {
            Role::Native(role) => role.set_title(client, title),
            Role::Wayland(role) => role.set_title(client, title),
        };
        Ok(sent?)
    }

    /// Its surface and its role in Wayland, for protocols that go beyond a window; `None` in the native protocol. The
    /// toolkit goes on to attach, commit and destroy.
    #[must_use]
    pub fn wayland(&self) -> Option<(WlSurface, XdgToplevel)> {
        match &self.role {
            Role::Native(_) => None,
            Role::Wayland(role) => Some((role.surface, role.toplevel)),
        }
    }
}
