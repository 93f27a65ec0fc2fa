//! `way_capture_manager`: what is on the screen, copied into a client's buffer.

use wayline::io::fence::Fence;
use wayline::{HandlerError, HandlerResult, RequestHandler, Resource};

use super::state::Capture;
use crate::app::App;
use crate::protocol::{WayCaptureManager, way_capture, way_capture_manager};
use wayline_desktop::{AccessError, Frame, Layout, PixelsMut};
use wayline_desktop_wayland::Host;

/// Most captures of one client that may wait.
const MAX_WAITING: usize = 64;

/// Bytes that are copied with one frame at most, but for one whole capture of the screen. Captures that are larger, or
/// many, take several frames.
const BUDGET: usize = 32 * 1024 * 1024;

impl RequestHandler<WayCaptureManager> for App {
    type Data = ();

    fn request(&mut self, this: WayCaptureManager, request: way_capture_manager::Request) -> HandlerResult {
        match request {
            way_capture_manager::Request::Destroy => {}
            way_capture_manager::Request::CaptureOutput { id, output: _, x, y, buffer, fence } => {
                let fence = Fence::from_fd(fence).map_err(|error| {
                    HandlerError::protocol(this, way_capture_manager::Error::INVALID_FENCE, error.to_string())
                })?;
                let into = self.server.data(buffer)?.clone();
                let client = this.client();
                if self.native.captures.count(client) == MAX_WAITING {
                    id.failed(&mut self.server, way_capture::Reason::DENIED)?;
                    return Ok(());
                }
                self.server.charge(client, Resource::Fds, 1)?;
                self.native.captures.push(client, Capture { this: id, at: (x, y), into, fence, rows: None });
                self.schedule();
            }
        }
        Ok(())
    }
}

/// Copies the last frame for those who wait for it, as many as fit into one frame. Who has waited longest is first in the
/// next one.
pub(super) fn serve(app: &mut App) {
    let mut budget = BUDGET;
    while let Some((client, mut capture)) = app.native.captures.next() {
        let copied = match &capture.into {
            None => Some(false),
            Some(shared) => {
                let mut memory = shared.memory.clone();
                let frame = app.desktop.frame();
                step(frame, capture.at, &shared.layout, &mut capture.rows, &mut budget, &mut memory)
                    .map_or(Some(false), |finished| finished.then_some(true))
            }
        };
        match copied {
            Some(copied) => finish(app, capture, copied),
            None => {
                app.native.captures.put_back(client, capture);
                app.schedule();
                break;
            }
        }
    }
}

/// Copies rows as far as the budget goes. Those in the frame are copied together, so that they are of one frame. Returns
/// whether all are.
fn step(
    frame: &Frame,
    at: (i32, i32),
    layout: &Layout,
    rows: &mut Option<Vec<std::ops::Range<u32>>>,
    budget: &mut usize,
    memory: &mut impl PixelsMut,
) -> Result<bool, AccessError> {
    let (width, height) = layout.size();
    let row = width as usize * layout.bytes_per_pixel();
    let rest = match rows {
        Some(rest) => rest,
        None => {
            let inside = frame.rows_inside(at.1, height);
            let cost = inside.len() * row;
            if cost > *budget && *budget < BUDGET {
                return Ok(false);
            }
            *budget = budget.saturating_sub(cost);
            frame.capture(at, layout, inside.clone(), memory)?;
            rows.insert(vec![0..inside.start, inside.end..height])
        }
    };
    while let Some(range) = rest.pop() {
        let count = (*budget / row).min(range.len()) as u32;
        frame.capture(at, layout, range.start..range.start + count, memory)?;
        *budget -= count as usize * row;
        if range.start + count < range.end {
            rest.push(range.start + count..range.end);
            return Ok(false);
        }
    }
    Ok(true)
}

/// Tells the client how it went.
fn finish(app: &mut App, capture: Capture, copied: bool) {
    if let Some(shared) = capture.into.filter(|_| copied) {
        let (width, height) = shared.layout.size();
        app.tally.pixels_captured += u64::from(width) * u64::from(height);
    }
    app.native.done.push((capture.this.client(), capture.fence));
    let time = app.time();
    // The client may be gone.
    let _ = if copied {
        capture.this.done(&mut app.server, time)
    } else {
        capture.this.failed(&mut app.server, way_capture::Reason::BUFFER)
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
        let (mut rows, mut memory, mut frames) = (None, Count::default(), 0);
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
