//! `animate`: moving lights, at the pace of the screen.
//!
//! Shows explicit synchronisation. There are two buffers, each with two eventfds that are made once and sent with every
//! commit. A commit is sent before its pixels exist, so that the compositor can prepare for it while they are drawn: the
//! acquire fence says when they are complete, the release fence when the buffer may be drawn into again. Release fences
//! and the connection are sources of one event loop; nothing is ever waited for in any other way.

use std::time::{Duration, Instant};

use calloop::generic::Generic;
use calloop::{EventLoop, Interest, LoopHandle, Mode, PostAction};
use wayline::io::fence::Fence;
use wayline::io::shm::PixelFormat;
use wayline::protocol::{WlCallback, wl_callback};
use wayline::{Client, EventHandler, Handled, HasClient, client};

use crate::buffer::Buffer;
use crate::error::Error;
use crate::lights::Lights;
use crate::protocol::{WayBuffer, WayShm, WayWindow, way_buffer, way_shm, way_window};
use crate::rate::Rate;
use crate::session::{self, Tally};
use crate::size::Size;
use crate::window::{Window, WindowOptions, Wishes};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Stop after so many pictures.
    #[arg(long, value_name = "N", conflicts_with = "seconds", value_parser = clap::value_parser!(u64).range(1..))]
    frames: Option<u64>,

    /// Stop after so many seconds, such as 2.5.
    #[arg(long, value_name = "S", value_parser = seconds)]
    seconds: Option<Duration>,

    #[command(flatten)]
    window: WindowOptions,
}

const DEFAULT_SIZE: Size = Size::new(400, 300);

struct Animate {
    client: Client<Animate>,
    wishes: Wishes,
    /// Whether the compositor is ready for another picture.
    frame_due: bool,
    /// How many pictures were shown.
    shown: u64,
    /// Which of the two buffers are ours.
    free: [bool; 2],
}

impl HasClient for Animate {
    fn client(&mut self) -> &mut Client<Animate> {
        &mut self.client
    }
}

impl EventHandler<WayWindow> for Animate {
    type Data = ();

    fn event(&mut self, _: WayWindow, event: way_window::Event<'_>) -> Handled {
        self.wishes.note(&event);
        Ok(())
    }
}

impl EventHandler<WlCallback> for Animate {
    type Data = ();

    /// The frame callback of the last commit: it was shown.
    fn event(&mut self, _: WlCallback, _: wl_callback::Event) -> Handled {
        self.frame_due = true;
        self.shown += 1;
        Ok(())
    }
}

impl EventHandler<WayShm> for Animate {
    type Data = ();

    /// Formats: the one that is used here is always there.
    fn event(&mut self, _: WayShm, _: way_shm::Event) -> Handled {
        Ok(())
    }
}

impl EventHandler<WayBuffer> for Animate {
    type Data = ();

    /// A release: it never comes, since fences say the same sooner.
    fn event(&mut self, _: WayBuffer, _: way_buffer::Event) -> Handled {
        Ok(())
    }
}

pub(crate) fn run(socket: Option<&str>, options: &Options) -> Result<(), Error> {
    let mut tally = Tally::start();
    let client = session::connect(socket)?;
    let mut app = Animate { client, wishes: Wishes::default(), frame_due: true, shown: 0, free: [true; 2] };
    let result = play(&mut app, options, &mut tally);
    session::finish(&app.client, &tally, result)
}

fn play(app: &mut Animate, options: &Options, tally: &mut Tally) -> Result<(), Error> {
    let title = options.window.title.as_deref().unwrap_or("Lights");
    let window = Window::open(&mut app.client, "wayline-animate", title)?;
    let preferred = options.window.size.unwrap_or(DEFAULT_SIZE);

    let mut events = EventLoop::<Animate>::try_new()?;
    let turn = |(), (): &mut (), app: &mut Animate| {
        // Why a connection ended is asked for below, by its type.
        let _ = client::turn(app);
        Ok(())
    };
    events.handle().insert_source(app.client.source()?, turn).map_err(|error| error.error)?;
    let mut slots = [Slot::new(&events.handle(), 0)?, Slot::new(&events.handle(), 1)?];

    let start = Instant::now();
    let mut rate = Rate::new(start);
    let mut lights = Lights::new(preferred);
    let mut size = None;
    loop {
        let left = options.seconds.map(|limit| limit.saturating_sub(start.elapsed()));
        events.dispatch(left, app)?;
        if let Some(reason) = app.client.ended() {
            return Err(reason.clone().into());
        }
        if rate.update(app.shown, Instant::now()) {
            session::say(format_args!("animate: {}", rate.text()))?;
        }
        let done = options.frames.is_some_and(|limit| app.shown >= limit);
        let late = options.seconds.is_some_and(|limit| start.elapsed() >= limit);
        if done || late || app.wishes.close {
            break;
        }
        if let Some(configure) = app.wishes.configure.take() {
            window.acknowledge(&mut app.client, configure)?;
            size = Some(configure.size(preferred));
        }
        // A picture needs a size, somebody who wants it, and a buffer that nobody reads.
        let Some(size) = size.filter(|_| app.frame_due) else { continue };
        let Some(index) = app.free.iter().position(|free| *free) else { continue };
        (app.frame_due, app.free[index]) = (false, false);
        lights.set(size, start.elapsed().as_secs_f32(), rate.text());
        slots[index].present(&mut app.client, &window, &lights, size)?;
        tally.add(size.pixels());
    }
    window.close(&mut app.client)?;
    Ok(client::roundtrip(app)?)
}

/// A buffer and its two fences.
struct Slot {
    acquire: Fence,
    release: Fence,
    buffer: Option<Buffer>,
}

impl Slot {
    /// A slot whose number `index` is marked as free whenever the compositor signals its release fence.
    fn new(events: &LoopHandle<'_, Animate>, index: usize) -> Result<Slot, Error> {
        let (acquire, release) = (Fence::new()?, Fence::new()?);
        let watch = Generic::new(release.try_clone()?, Interest::READ, Mode::Level);
        let signalled = move |_, fence: &mut calloop::generic::NoIoDrop<Fence>, app: &mut Animate| {
            if fence.take()?.is_some() {
                app.free[index] = true;
            }
            Ok(PostAction::Continue)
        };
        events.insert_source(watch, signalled).map_err(|error| error.error)?;
        Ok(Slot { acquire, release, buffer: None })
    }

    /// Commits a picture and then draws it. The slot must be free.
    fn present(
        &mut self,
        client: &mut Client<Animate>,
        window: &Window,
        lights: &Lights,
        size: Size,
    ) -> Result<(), Error> {
        let old = self.buffer.take_if(|buffer| buffer.size() != size);
        let buffer = match &mut self.buffer {
            Some(buffer) => buffer,
            none => none.insert(Buffer::new(client, window.shm, size, PixelFormat::ARGB8888)?),
        };
        window.surface.frame(client)?;
        window.surface.attach(client, Some(buffer.object))?;
        let (acquire, release) = (self.acquire.try_clone()?, self.release.try_clone()?);
        window.surface.commit_fenced(client, acquire.into(), release.into())?;
        if let Some(old) = old {
            old.destroy(client)?;
        }
        client.flush();
        buffer.draw_all(|y, row| lights.draw_row(y, row))?;
        Ok(self.acquire.signal()?)
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "a number such as 2.5 is wanted")?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::seconds;

    #[test]
    fn seconds_are_not_negative() {
        assert_eq!(seconds("2.5"), Ok(Duration::from_millis(2500)));
        assert!(seconds("-1").is_err() && seconds("NaN").is_err() && seconds("soon").is_err());
    }
}
