//! What the toolkit keeps with the objects of a window, where events find it.

use crate::buffer::BUFFERS;
use crate::host::WindowId;

/// The state of a window, kept with its surface (`wl_surface` or `way_window`). A surface that the application made has
/// the default and no name.
#[derive(Debug, Default)]
pub struct Status {
    pub(crate) id: Option<WindowId>,
    /// Which buffers the compositor reads.
    pub(crate) busy: [bool; BUFFERS],
    /// The last picture was not shown yet.
    pub(crate) awaits_frame: bool,
    /// Pictures may be presented.
    pub(crate) configured: bool,
}

impl Status {
    pub(crate) fn free_buffer(&self) -> Option<usize> {
        self.busy.iter().position(|busy| !busy)
    }
}
