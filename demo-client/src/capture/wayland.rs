//! What both protocols share: the screens, and a buffer that the compositor writes into.

use wayline::io::shm::{Memory, PixelFormat};
use wayline::{EventHandler, HandlerResult, client};
use wayline_toolkit::{MAX_SIDE, Size};
use wayline_wayland::{WlBuffer, WlOutput, WlShm, wl_buffer, wl_output, wl_shm};

use super::{Capture, Screen};
use crate::error::Error;

/// Formats with red in the first byte.
const RED_FIRST: [u32; 2] = [PixelFormat::ABGR8888.code, PixelFormat::XBGR8888.code];

/// Whether pixels of a format can be read.
pub(super) fn is_known(format: wl_shm::Format) -> bool {
    [PixelFormat::ARGB8888.code, PixelFormat::XRGB8888.code].contains(&format.0) || RED_FIRST.contains(&format.0)
}

/// What the compositor wants to write into.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    pub(super) format: wl_shm::Format,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) stride: u32,
}

impl Wanted {
    /// Makes what the compositor has asked for, if it is anything that can be read.
    pub(super) fn buffer(self, app: &mut Capture, shm: WlShm) -> Result<(Memory, WlBuffer), Error> {
        let Wanted { format, width, height, stride } = self;
        let size = Size::new(width, height);
        if !is_known(format) {
            return Err(Error::Capture { why: format!("its pixels have the format {:#x}", format.0) });
        }
        let sides = [width, height, stride / 4];
        let bytes = i32::try_from(u64::from(stride) * u64::from(height)).ok();
        let bytes = bytes.filter(|_| sides.iter().all(|side| (1..=MAX_SIDE).contains(side)) && stride / 4 >= width);
        let bytes = bytes.ok_or(Error::TooLarge { size })?;
        let memory = Memory::create("wayline-capture", bytes.cast_unsigned() as usize)?;
        let client = &mut app.client;
        let pool = shm.create_pool(client, memory.try_clone_fd()?, bytes)?;
        let [width, height, stride] = [width, height, stride].map(u32::cast_signed);
        let buffer = pool.create_buffer(client, 0, width, height, stride, format)?;
        pool.destroy(client)?;
        Ok((memory, buffer))
    }

    /// The pixels as red, green and blue, from top to bottom.
    pub(super) fn read(self, memory: &Memory, inverted: bool) -> Result<Vec<u8>, Error> {
        let mut rgb = Vec::with_capacity(self.width as usize * self.height as usize * 3);
        let mut row = vec![0; self.width as usize * 4];
        for y in 0..self.height {
            let y = if inverted { self.height - 1 - y } else { y };
            memory.read(y as usize * self.stride as usize, &mut row)?;
            for [first, green, third, _] in row.as_chunks::<4>().0 {
                let (red, blue) = if RED_FIRST.contains(&self.format.0) { (first, third) } else { (third, first) };
                rgb.extend([red, green, blue]);
            }
        }
        Ok(rgb)
    }
}

/// All screens, in the order in which they were announced.
pub(super) fn screens(app: &mut Capture) -> Result<Vec<(WlOutput, Screen)>, Error> {
    let globals = app.client.globals().iter().filter(|global| global.interface == "wl_output");
    let globals: Vec<_> = globals.map(|global| (global.name, global.version.min(4))).collect();
    let mut outputs = Vec::new();
    for (name, version) in globals {
        outputs.push(app.client.bind_name::<WlOutput>(name, version)?);
    }
    // Their descriptions follow at once.
    client::roundtrip(app)?;
    outputs.into_iter().map(|output| Ok((output, app.client.data(output)?.clone()))).collect()
}

impl EventHandler<WlOutput> for Capture {
    type Data = Screen;

    fn event(&mut self, this: WlOutput, event: wl_output::Event<'_>) -> HandlerResult {
        let screen = self.client.data(this)?;
        match event {
            wl_output::Event::Mode { flags, width, height, .. } if flags.contains(wl_output::Mode::CURRENT) => {
                screen.size = u32::try_from(width).ok().zip(u32::try_from(height).ok()).map(|(w, h)| Size::new(w, h));
            }
            wl_output::Event::Name { name } => name.clone_into(&mut screen.name),
            wl_output::Event::Mode { .. }
            | wl_output::Event::Geometry { .. }
            | wl_output::Event::Scale { .. }
            | wl_output::Event::Description { .. }
            | wl_output::Event::Done => {}
        }
        Ok(())
    }
}

impl EventHandler<WlShm> for Capture {
    type Data = ();

    /// Formats: the compositor asks for one itself.
    fn event(&mut self, _: WlShm, _: wl_shm::Event) -> HandlerResult {
        Ok(())
    }
}

impl EventHandler<WlBuffer> for Capture {
    type Data = ();

    /// A release: only a commit has one.
    fn event(&mut self, _: WlBuffer, _: wl_buffer::Event) -> HandlerResult {
        Ok(())
    }
}
