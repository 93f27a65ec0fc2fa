//! The client: layers over the whole screen, drawn once, and shown in turn with every frame.

use std::fs;
use std::hint::black_box;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::io::pwrite;
use wayline::{Client, EventHandler, HandlerResult, HasClient, WlCallback, client, protocol::wl_callback};
use wayline_protocols::viewporter::{WpViewport, WpViewporter};
use wayline_protocols::xdg_shell::{XdgSurface, XdgToplevel, XdgWmBase, xdg_surface, xdg_toplevel, xdg_wm_base};
use wayline_wayland::{
    WlBuffer, WlCompositor, WlOutput, WlShm, WlSubcompositor, WlSurface, wl_buffer, wl_shm, wl_surface,
};

use super::{Memory, Picture, SCREEN, Show};
use crate::peer::{Control, cpu_time};
use crate::rounds::Sample;

/// Layers of a picture that is blended.
const LAYERS: u32 = 4;
/// Frames before anything is measured.
const WARM_UP: u32 = 20;
/// Pixels of the part that changes, on a side.
const PATCH: i32 = 64;
/// Pixels of the layer that keeps compositors from showing the other one as it is, without composing it; on a side.
const BADGE: u32 = 16;
/// How long a frame may take before the compositor counts as broken.
const PATIENCE: Duration = Duration::from_secs(20);
/// Time of a frame on a screen of 60 Hz.
const PERIOD: Duration = Duration::from_nanos(16_666_667);

/// Shows frames as long as the control line asks for them, on the compositor that listens at `socket` and is the process
/// `compositor`. Says what they cost that as the server's part.
pub(crate) fn draw(show: Show, socket: &Path, compositor: u32) {
    let mut screen = Screen::open(show, socket);
    screen.frames(WARM_UP);
    assert!(screen.is_large, "the window does not fill the screen");
    Control::inherited().obey(|count| {
        let (start, own, before) = (Instant::now(), cpu_time(), cpu_of(compositor));
        screen.frames(count);
        let server = cpu_of(compositor) - before;
        Sample { client: cpu_time() - own, server, wall: start.elapsed().as_nanos() as u64 }
    });
}

/// Copies a screen of pixels from one place to another, as often and as seldom as a compositor would. That is the
/// measure for what is opaque.
pub(crate) fn copy() {
    let sources = [0x11_u8, 0x22].map(|byte| vec![byte; SCREEN.0 as usize * SCREEN.1 as usize * 4]);
    let mut screen = vec![0; sources[0].len()];
    Control::inherited().obey(|count| {
        let (start, mut cpu) = (Instant::now(), 0);
        for number in 0..count {
            std::thread::sleep(PERIOD);
            let before = cpu_time();
            screen.copy_from_slice(&sources[number as usize % 2]);
            black_box(&mut screen);
            cpu += cpu_time() - before;
        }
        Sample { client: 0, server: cpu, wall: start.elapsed().as_nanos() as u64 }
    });
}

/// CPU time of all threads of a process, in nanoseconds.
fn cpu_of(process: u32) -> u64 {
    let threads = fs::read_dir(format!("/proc/{process}/task")).expect("the compositor runs").flatten();
    let times = threads.filter_map(|thread| fs::read_to_string(thread.path().join("schedstat")).ok());
    times.filter_map(|line| line.split(' ').next()?.parse::<u64>().ok()).sum()
}

/// A surface and the two buffers that it shows by turns.
struct Layer {
    surface: WlSurface,
    buffers: [WlBuffer; 2],
}

struct Screen {
    client: Client<Screen>,
    show: Show,
    /// The first one has the others on it.
    layers: Vec<Layer>,
    configured: bool,
    /// Whether the window was last asked to fill the screen. Some wait for its first frame.
    is_large: bool,
    shown: u32,
}

impl Screen {
    fn open(show: Show, socket: &Path) -> Screen {
        let name = socket.to_str().expect("paths of sockets are text");
        let client = Client::connect_to(name).expect("the compositor listens");
        let mut screen = Screen { client, show, layers: Vec::new(), configured: false, is_large: false, shown: 0 };
        screen.set_up().expect("the compositor has what is needed");
        screen
    }

    fn set_up(&mut self) -> wayline::Result {
        let client = &mut self.client;
        let (compositor, shm): (WlCompositor, WlShm) = (client.bind(4)?, client.bind(1)?);
        let (shell, parts): (XdgWmBase, WlSubcompositor) = (client.bind(1)?, client.bind(1)?);
        let window = compositor.create_surface(client)?;
        let xdg_surface = shell.get_xdg_surface(client, window)?;
        let toplevel = xdg_surface.get_toplevel(client)?;
        toplevel.set_fullscreen(client, None::<WlOutput>)?;
        window.commit(client)?;
        client::dispatch_until(self, PATIENCE, |screen| screen.configured)?;

        let client = &mut self.client;
        let (size, format, count, scale) = match self.show.picture {
            Picture::Blended | Picture::Mixed => (SCREEN, wl_shm::Format::ARGB8888, LAYERS, 1),
            Picture::Opaque | Picture::Patch => (SCREEN, wl_shm::Format::XRGB8888, 1, 1),
            Picture::Viewport => ((1280, 720), wl_shm::Format::XRGB8888, 1, 1),
            Picture::Scaled => ((3840, 2160), wl_shm::Format::XRGB8888, 1, 2),
        };
        for number in 0..count {
            let surface = if number == 0 { window } else { compositor.create_surface(client)? };
            if number > 0 {
                parts.get_subsurface(client, surface, window)?;
            }
            surface.set_buffer_scale(client, scale)?;
            if self.show.picture == Picture::Viewport {
                let viewport: WpViewport = client.bind::<WpViewporter>(1)?.get_viewport(client, surface)?;
                viewport.set_destination(client, SCREEN.0 as i32, SCREEN.1 as i32)?;
            }
            let buffers = buffers(client, shm, size, format, |at| self.show.pixel(number, at), self.show.memory)?;
            self.layers.push(Layer { surface, buffers });
        }
        let badge = compositor.create_surface(client)?;
        parts.get_subsurface(client, badge, window)?;
        let [buffer, _] =
            buffers(client, shm, (BADGE, BADGE), wl_shm::Format::XRGB8888, |_| 0x00c0_4020, Memory::Sealed)?;
        badge.attach(client, Some(buffer), 0, 0)?;
        badge.commit(client)?;
        Ok(())
    }

    /// Shows so many frames, each after the one before was composed.
    fn frames(&mut self, count: u32) {
        let last = self.shown + count;
        for number in self.shown..last {
            self.frame(number).expect("the compositor reads");
            client::dispatch_until(self, PATIENCE, |screen| screen.shown > number).expect("the frame is composed");
        }
    }

    fn frame(&mut self, number: u32) -> wayline::Result {
        let client = &mut self.client;
        // Those on the window show what is new when that is committed.
        for layer in self.layers.iter().rev() {
            layer.surface.attach(client, Some(layer.buffers[number as usize % 2]), 0, 0)?;
            let (x, y, width, height) = match self.show.picture {
                Picture::Patch => (900, 500, PATCH, PATCH),
                _ => (0, 0, SCREEN.0 as i32, SCREEN.1 as i32),
            };
            layer.surface.damage(client, x, y, width, height)?;
            if layer.surface == self.layers[0].surface {
                layer.surface.frame(client)?;
            }
            layer.surface.commit(client)?;
        }
        Ok(())
    }
}

impl Show {
    /// The pixel of a layer with this number, row by row.
    fn pixel(self, layer: u32, at: u32) -> u32 {
        let random = at.wrapping_mul(0x9e37_79b9).wrapping_add(layer).wrapping_mul(0x85eb_ca6b);
        match self.picture {
            // Colours are at most their alpha.
            Picture::Blended => 0x8000_0000 | (random & 0x007f_7f7f),
            Picture::Mixed => match (at / 16).wrapping_mul(0x9e37_79b9).wrapping_add(layer) >> 29 {
                0..4 => 0,
                4..7 => 0xff00_0000 | (random & 0x00ff_ffff),
                _ => 0x4000_0000 | (random & 0x003f_3f3f),
            },
            _ => random & 0x00ff_ffff,
        }
    }
}

/// Two buffers with these pixels, in memory of their own.
fn buffers(
    client: &mut Client<Screen>,
    shm: WlShm,
    (width, height): (u32, u32),
    format: wl_shm::Format,
    pixel: impl Fn(u32) -> u32,
    kind: Memory,
) -> Result<[WlBuffer; 2], wayline::SendError> {
    let bytes: Vec<u8> = (0..width * height).flat_map(|at| pixel(at).to_le_bytes()).collect();
    let (width, height, size) = (width as i32, height as i32, bytes.len() as i32);
    let pool = shm.create_pool(client, memory(&[&bytes, &bytes], kind), 2 * size)?;
    let first = pool.create_buffer(client, 0, width, height, width * 4, format)?;
    let second = pool.create_buffer(client, size, width, height, width * 4, format)?;
    pool.destroy(client)?;
    Ok([first, second])
}

/// Memory with these bytes in it, one after the other.
fn memory(contents: &[&[u8]], kind: Memory) -> OwnedFd {
    let flags = if kind == Memory::Unsealable { MemfdFlags::empty() } else { MemfdFlags::ALLOW_SEALING };
    let file = memfd_create("pixels", flags | MemfdFlags::CLOEXEC).expect("there is memory");
    let mut end = 0;
    for mut bytes in contents.iter().copied() {
        while !bytes.is_empty() {
            let count = pwrite(&file, bytes, end).expect("there is memory");
            (bytes, end) = (&bytes[count..], end + count as u64);
        }
    }
    if kind == Memory::Sealed {
        fcntl_add_seals(&file, SealFlags::SHRINK).expect("memory can be sealed");
    }
    file
}

impl HasClient for Screen {
    fn client(&mut self) -> &mut Client<Screen> {
        &mut self.client
    }
}

impl EventHandler<WlCallback> for Screen {
    type Data = ();

    fn event(&mut self, _: WlCallback, event: wl_callback::Event) -> HandlerResult {
        match event {
            wl_callback::Event::Done { .. } => self.shown += 1,
        }
        Ok(())
    }
}

impl EventHandler<XdgWmBase> for Screen {
    type Data = ();

    fn event(&mut self, this: XdgWmBase, event: xdg_wm_base::Event) -> HandlerResult {
        match event {
            xdg_wm_base::Event::Ping { serial } => Ok(this.pong(&mut self.client, serial)?),
        }
    }
}

impl EventHandler<XdgSurface> for Screen {
    type Data = ();

    fn event(&mut self, this: XdgSurface, event: xdg_surface::Event) -> HandlerResult {
        match event {
            xdg_surface::Event::Configure { serial } => this.ack_configure(&mut self.client, serial)?,
        }
        self.configured = true;
        Ok(())
    }
}

impl EventHandler<XdgToplevel> for Screen {
    type Data = ();

    fn event(&mut self, _: XdgToplevel, event: xdg_toplevel::Event<'_>) -> HandlerResult {
        if let xdg_toplevel::Event::Configure { width, height, .. } = event {
            self.is_large = (width, height) == (SCREEN.0 as i32, SCREEN.1 as i32);
        }
        Ok(())
    }
}

impl EventHandler<WlSurface> for Screen {
    type Data = ();

    fn event(&mut self, _: WlSurface, _: wl_surface::Event) -> HandlerResult {
        Ok(())
    }
}

impl EventHandler<WlShm> for Screen {
    type Data = ();

    fn event(&mut self, _: WlShm, _: wl_shm::Event) -> HandlerResult {
        Ok(())
    }
}

impl EventHandler<WlBuffer> for Screen {
    type Data = ();

    /// Buffers are never drawn again, so it does not matter whether they are in use.
    fn event(&mut self, _: WlBuffer, _: wl_buffer::Event) -> HandlerResult {
        Ok(())
    }
}
