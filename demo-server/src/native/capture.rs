//! `way_capture_manager`: what is on the screen, copied into a client's buffer.

use wayline::io::fence::Fence;
use wayline::{Fault, Handled, RequestHandler};

use super::state::Capture;
use crate::app::App;
use crate::protocol::{WayCaptureManager, way_capture, way_capture_manager};

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
                self.native.captures.push_back(Capture { this: id, at: (x, y), into, fence });
                self.schedule();
            }
        }
        Ok(())
    }
}

/// Copies the last frame for those who wait for it.
pub(super) fn serve(app: &mut App) {
    for capture in std::mem::take(&mut app.native.captures) {
        capture.serve(app);
    }
}

impl Capture {
    fn serve(self, app: &mut App) {
        let copied = self
            .into
            .as_ref()
            .is_some_and(|shared| app.desktop.frame().capture(self.at, &shared.layout, &mut shared.writer()).is_ok());
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
