//! How a surface shows its buffer.

use crate::protocol::wl_output::Transform;
use wayline::Fixed;
use wayline_desktop::Turn;

/// How a surface shows its buffer: turned, then scaled down, then cropped and scaled by its viewport.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct View {
    pub(crate) scale: i32,
    pub(crate) transform: Transform,
    /// Left, top, width and height of the part that is shown, in coordinates of the surface before it is cropped.
    pub(crate) source: Option<[Fixed; 4]>,
    pub(crate) destination: Option<(i32, i32)>,
}

impl Default for View {
    fn default() -> View {
        View { scale: 1, transform: Transform::NORMAL, source: None, destination: None }
    }
}

impl View {
    /// The numbers of transforms: quarter turns, and 4 more if it is mirrored.
    pub(super) fn turn(&self) -> Turn {
        Turn { quarters: self.transform.0 as u8 & 3, mirrored: self.transform.0 & 4 != 0 }
    }

    /// Size of a buffer, turned and scaled.
    pub(super) fn upright(&self, (width, height): (u32, u32)) -> (i32, i32) {
        let (width, height) = if self.turn().is_sideways() { (height, width) } else { (width, height) };
        // Buffers are far smaller than 2^31.
        (width as i32 / self.scale, height as i32 / self.scale)
    }
}
