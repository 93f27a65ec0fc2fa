//! Frame callbacks, which both protocols have in common.

use wayline::client::Module;
use wayline::protocol::wl_callback;
use wayline::{HandlerResult, WlCallback};

use crate::event::Event;
use crate::host::{FrameOf, Host, Toolkit};

impl<A: Host> Module<WlCallback, A> for Toolkit {
    type Data = FrameOf;

    fn event(app: &mut A, this: WlCallback, event: wl_callback::Event) -> HandlerResult {
        let wl_callback::Event::Done { callback_data } = event;
        let status = match *app.client().data(this)? {
            FrameOf::Native(window) => app.client().data(window)?,
            FrameOf::Wayland(surface) => app.client().data(surface)?,
            FrameOf::Nothing => {
                app.callback(this, callback_data);
                return Ok(());
            }
        };
        status.awaits_frame = false;
        if let Some(window) = status.id {
            app.event(window, Event::Frame);
        }
        Ok(())
    }
}
