//! `way_capture_manager`: what is on the screen, copied into a client's buffer.

use wayline::io::fence::Fence;
use wayline::{Fault, Handled, RequestHandler};

use super::Shared;
use crate::app::App;
use crate::protocol::{WayCapture, WayCaptureManager, way_capture, way_capture_manager};

/// A capture that waits for the next frame.
#[derive(Debug)]
pub(crate) struct Capture {
    this: WayCapture,
    at: (i32, i32),
    into: Option<Shared>,
    fence: Fence,
}

impl RequestHandler<WayCaptureManager> for App {
    type Data = ();

    fn request(&mut self, this: WayCaptureManager, request: way_capture_manager::Request) -> Handled {
        match request {
            way_capture_manager::Request::Destroy => {}
            way_capture_manager::Request::CaptureOutput { id, output: _, x, y, buffer, fence } => {
                let fence = Fence::from_fd(fence).map_err(|error| {
                    Fault::protocol(this, way_capture_manager::Error::INVALID_FENCE, error.to_string())
                })?;
                let into = self.server.data(buffer)?.clone();
                self.captures.push(Capture { this: id, at: (x, y), into, fence });
                self.schedule();
            }
        }
        Ok(())
    }
}

impl Capture {
    /// Copies the last frame and tells the client.
    pub(crate) fn serve(self, app: &mut App) {
        let copied = self
            .into
            .as_ref()
            .is_some_and(|shared| app.scene.frame().capture(self.at, &shared.layout, &mut shared.writer()).is_ok());
        if let Some(shared) = self.into.filter(|_| copied) {
            let (width, height) = shared.layout.size();
            app.tally.pixels_captured += u64::from(width) * u64::from(height);
        }
        if let Err(error) = self.fence.signal() {
            tracing::warn!("cannot signal the fence of a capture: {error}");
        }
        let time = app.time();
        // The client may be gone.
        let _ = if copied {
            self.this.done(&mut app.server, time)
        } else {
            self.this.failed(&mut app.server, way_capture::Reason::BUFFER)
        };
    }
}
