//! `way_compositor`: makes surfaces, and windows of them.

use wayline::{HandlerError, HandlerResult, RequestHandler};

use super::windows;
use crate::app::App;
use crate::protocol::{WayCompositor, way_compositor};

impl RequestHandler<WayCompositor> for App {
    type Data = ();

    fn request(&mut self, this: WayCompositor, request: way_compositor::Request) -> HandlerResult {
        match request {
            way_compositor::Request::Destroy | way_compositor::Request::CreateSurface { .. } => Ok(()),
            way_compositor::Request::CreateWindow { id, surface } => {
                let state = self.server.data(surface)?;
                if state.window.is_some() {
                    let text = "the surface is a window already";
                    return Err(HandlerError::protocol(this, way_compositor::Error::ROLE, text));
                }
                state.window = Some(id);
                state.configured = false;
                windows::begin(self, id, surface)
            }
        }
    }
}
