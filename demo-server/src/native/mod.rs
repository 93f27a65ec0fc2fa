//! The native front end: serves protocol.xml. One file per group of interfaces.
//!
//! Knows requests and their rules; what is on the screen is the scene's, who
//! has the focus is the seat's.

mod buffers;
mod capture;
mod outputs;
mod seat;
mod surfaces;
mod windows;

use wayline::Server;

use crate::app::App;
use crate::protocol::{WayCaptureManager, WayCompositor, WayOutput, WaySeat, WayShm};

pub(crate) use buffers::{Quotas, Shared};
pub(crate) use capture::Capture;
pub(crate) use seat::{Devices, KeyboardEvent, PointerEvent, point, press, press_one};
pub(crate) use surfaces::{Shown, present, unreadable};
pub(crate) use windows::{activate, close, title};

/// Announces the globals of the native protocol.
///
/// # Errors
/// None in practice: the versions are those of the XML the code was made from.
pub(crate) fn announce(server: &mut Server<App>) -> Result<(), wayline::GlobalError> {
    server.add_global::<WayCompositor>(1)?;
    server.add_global::<WayShm>(1)?;
    server.add_global::<WayOutput>(2)?;
    server.add_global::<WaySeat>(2)?;
    server.add_global::<WayCaptureManager>(1)?;
    Ok(())
}
