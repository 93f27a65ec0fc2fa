//! `way_capture_manager`: what is on the screen, copied into a client's buffer.

use wayline::io::fence::Fence;
use wayline::{HandlerError, HandlerResult, RequestHandler, Resource};

use super::state::Capture;
use crate::app::App;
use crate::protocol::{WayCaptureManager, way_capture, way_capture_manager};
use wayline_desktop::{AccessError, Frame, Layout, PixelsMut};
use wayline_desktop_wayland::{Host, Shared};

/// Most captures of one client that may wait.
const MAX_WAITING: usize = 64;

/// Bytes that are copied with one frame at most, but for one whole capture of the screen. Captures that are larger, or
/// many, take several frames.
const BUDGET: usize = 32 * 1024 * 1024;

impl RequestHandler<WayCaptureManager> for App {
    type Data = ();

    fn request(&mut self, this: WayCaptureManager, request: way_capture_manager::Request) -> HandlerResult {
        use way_capture_manager::{Error, Request};

        match request {
            Request::Destroy => {}
            Request::CaptureOutput { id, output: _, x, y, buffer, fence } => {
                let invalid = |error| HandlerError::protocol(this, Error::INVALID_FENCE, format!("{error}"));
                let fence = Fence::from_fd(fence).map_err(invalid)?;
                // A buffer has its memory from the request that made it.
                let Some(into) = self.server.data(buffer)?.clone() else { return Ok(()) };
                let client = this.client();
                if self.native.captures.count(client) == MAX_WAITING {
                    id.failed(&mut self.server, way_capture::Reason::DENIED)?;
                    return Ok(());
                }
                self.server.charge(client, Resource::Fds, 1)?;
                self.native.captures.push(client, Capture { this: id, at: (x, y), into, fence, rows: 0 });
                self.schedule();
            }
        }
        Ok(())
    }
}

/// Copies the last frame for those who wait for it, as many as fit into one frame. Who has waited longest is first in the
/// next one.
pub(crate) fn serve(app: &mut App) {
    let mut budget = BUDGET;
    while let Some((client, mut capture)) = app.native.captures.next() {
        let Capture { at, into: Shared { memory, layout }, rows, .. } = &mut capture;
        match step(app.desktop.frame(), *at, layout, rows, &mut budget, memory) {
            Ok(false) => {
                app.native.captures.put_back(client, capture);
                app.schedule();
                break;
            }
            copied => finish(app, capture, copied.is_ok()),
        }
    }
}

/// Copies rows as far as the budget goes: those outside of the frame, of which `done` are done, and then those in it
/// together, so that they are of one frame. Returns whether all are.
fn step(
    frame: &Frame,
    at: (i32, i32),
    layout: &Layout,
    done: &mut u32,
    budget: &mut usize,
    memory: &mut impl PixelsMut,
) -> Result<bool, AccessError> {
    let (width, height) = layout.size();
    let row = width as usize * layout.bytes_per_pixel();
    let inside = frame.rows_inside(at.1, height);
    let outside = height - inside.len() as u32;
    while *done < outside {
        let (start, end) =
            if *done < inside.start { (*done, inside.start) } else { (*done + inside.len() as u32, height) };
        let count = (*budget / row).min((end - start) as usize) as u32;
        frame.capture(at, layout, start..start + count, memory)?;
        (*done, *budget) = (*done + count, *budget - count as usize * row);
        if count < end - start {
            return Ok(false);
        }
    }
    let cost = inside.len() * row;
    if cost > *budget && *budget < BUDGET {
        return Ok(false);
    }
    *budget = budget.saturating_sub(cost);
    frame.capture(at, layout, inside, memory)?;
    Ok(true)
}

/// Tells the client how it went.
fn finish(app: &mut App, Capture { this, into, fence, .. }: Capture, copied: bool) {
    app.native.done.push((this.client(), fence));
    let time = app.time();
    // The client may be gone.
    let _ = if copied {
        let (width, height) = into.layout.size();
        app.tally.pixels_captured += u64::from(width) * u64::from(height);
        this.done(&mut app.server, time)
    } else {
        this.failed(&mut app.server, way_capture::Reason::BUFFER)
    };
}

#[cfg(test)]
mod tests {
    use super::{AccessError, BUDGET, Frame, Layout, PixelsMut, step};
    use wayline_desktop::PixelFormat;

    /// Counts what is written.
    #[derive(Default)]
    struct Count(usize);

    impl PixelsMut for Count {
        fn write(&mut self, _: usize, from: &[u8]) -> Result<(), AccessError> {
            self.0 += from.len();
            Ok(())
        }
    }

    #[test]
    fn a_large_capture_takes_several_frames_and_each_copies_a_bounded_part() {
        let frame = Frame::new((64, 64), 0);
        let side = 16_384;
        let layout = Layout::packed(0, side, side, PixelFormat::XRGB8888).unwrap();
        let (mut rows, mut memory, mut frames) = (0, Count::default(), 0);
        loop {
            let (mut budget, before) = (BUDGET, memory.0);
            let finished = step(&frame, (0, -100), &layout, &mut rows, &mut budget, &mut memory).unwrap();
            assert!(memory.0 - before <= BUDGET);
            frames += 1;
            if finished {
                break;
            }
        }
        assert_eq!((memory.0, frames), (1 << 30, 32));
    }
}
