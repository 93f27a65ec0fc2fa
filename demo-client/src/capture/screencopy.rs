//! A picture of a screen by `wlr-screencopy`, the protocol of sway, phoc, cage and others based on wlroots.

use wayline::io::shm::{Memory, PixelFormat};
use wayline::{EventHandler, Handled, client};
use wayline_protocols::wlr_screencopy::{ZwlrScreencopyFrameV1, ZwlrScreencopyManagerV1, zwlr_screencopy_frame_v1};
use wayline_toolkit::{MAX_SIDE, Size};
use wayline_wayland::{WlBuffer, WlOutput, WlShm, wl_buffer, wl_output, wl_shm};

use super::{Capture, Options, PATIENCE, Picture, Screen, choose};
use crate::error::Error;

/// The global that offers it.
pub(super) const MANAGER: &str = "zwlr_screencopy_manager_v1";

/// Formats with red in the first byte: ABGR8888 and XBGR8888.
const RED_FIRST: [u32; 2] = [u32::from_le_bytes(*b"AB24"), u32::from_le_bytes(*b"XB24")];

/// What the compositor has said of the one frame that there is.
#[derive(Default)]
pub(super) struct State {
    /// What it wants to write into.
    wanted: Option<Wanted>,
    /// Rows are from bottom to top.
    inverted: bool,
    /// Whether the picture was taken.
    outcome: Option<bool>,
}

#[derive(Clone, Copy)]
struct Wanted {
    format: wl_shm::Format,
    width: u32,
    height: u32,
    stride: u32,
}

pub(super) fn take(app: &mut Capture, options: &Options) -> Result<Picture, Error> {
    let manager = app.client.bind::<ZwlrScreencopyManagerV1>(1)?;
    let shm = app.client.bind::<WlShm>(1)?;
    let (output, screen, size) = choose(screens(app)?, options)?;
    let client = &mut app.client;
    let frame = if options.size.is_none() && options.at == (0, 0) {
        manager.capture_output(client, 0, output)?
    } else {
        let [x, y, width, height] = [options.at.0, options.at.1, size.width, size.height].map(u32::cast_signed);
        manager.capture_output_region(client, 0, output, x, y, width, height)?
    };
    let said = |app: &mut Capture| app.screencopy.wanted.is_some() || app.screencopy.outcome.is_some();
    client::dispatch_until(app, PATIENCE, said)?;
    let wanted = answer(app, |state| state.wanted)?;
    let (memory, buffer) = wanted.buffer(app, shm)?;
    frame.copy(&mut app.client, buffer)?;
    client::dispatch_until(app, PATIENCE, |app| app.screencopy.outcome.is_some())?;
    answer(app, |state| state.outcome)?;
    let rgb = wanted.read(&memory, app.screencopy.inverted)?;
    Ok(Picture { screen, size: Size::new(wanted.width, wanted.height), rgb })
}

/// What the compositor has said, unless that is that it will not do it, or nothing.
fn answer<T>(app: &Capture, of: impl Fn(&State) -> Option<T>) -> Result<T, Error> {
    match app.screencopy.outcome {
        Some(false) => Err(Error::Capture { why: "it says no more than that".into() }),
        _ => of(&app.screencopy).ok_or(Error::Timeout { after: PATIENCE }),
    }
}

impl Wanted {
    /// Makes what the compositor has asked for, if it is anything that can be read.
    fn buffer(self, app: &mut Capture, shm: WlShm) -> Result<(Memory, WlBuffer), Error> {
        let Wanted { format, width, height, stride } = self;
        let size = Size::new(width, height);
        let known = [PixelFormat::ARGB8888.code, PixelFormat::XRGB8888.code];
        if !known.contains(&format.0) && !RED_FIRST.contains(&format.0) {
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
    fn read(self, memory: &Memory, inverted: bool) -> Result<Vec<u8>, Error> {
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
fn screens(app: &mut Capture) -> Result<Vec<(WlOutput, Screen)>, Error> {
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

    fn event(&mut self, this: WlOutput, event: wl_output::Event<'_>) -> Handled {
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

impl EventHandler<ZwlrScreencopyFrameV1> for Capture {
    type Data = ();

    fn event(&mut self, _: ZwlrScreencopyFrameV1, event: zwlr_screencopy_frame_v1::Event) -> Handled {
        let state = &mut self.screencopy;
        match event {
            zwlr_screencopy_frame_v1::Event::Buffer { format, width, height, stride } => {
                state.wanted = Some(Wanted { format, width, height, stride });
            }
            zwlr_screencopy_frame_v1::Event::Flags { flags } => {
                state.inverted = flags.contains(zwlr_screencopy_frame_v1::Flags::Y_INVERT);
            }
            zwlr_screencopy_frame_v1::Event::Ready { .. } => state.outcome = Some(true),
            zwlr_screencopy_frame_v1::Event::Failed => state.outcome = Some(false),
            // Of versions that are not bound.
            zwlr_screencopy_frame_v1::Event::Damage { .. }
            | zwlr_screencopy_frame_v1::Event::LinuxDmabuf { .. }
            | zwlr_screencopy_frame_v1::Event::BufferDone => {}
        }
        Ok(())
    }
}

impl EventHandler<WlShm> for Capture {
    type Data = ();

    /// Formats: the compositor asks for one itself.
    fn event(&mut self, _: WlShm, _: wl_shm::Event) -> Handled {
        Ok(())
    }
}

impl EventHandler<WlBuffer> for Capture {
    type Data = ();

    /// A release: only a commit has one.
    fn event(&mut self, _: WlBuffer, _: wl_buffer::Event) -> Handled {
        Ok(())
    }
}
