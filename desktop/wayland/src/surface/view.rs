//! How a surface shows its buffer.

use crate::protocol::wl_output::Transform;
use wayline::Fixed;
use wayline::carry::{Carry, CarryError, Loader, Refusal, Saver};
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

impl Carry for View {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        let View { scale, transform, source, destination } = self;
        saver.put(&(*scale, *transform, *source, *destination))
    }

    fn load(loader: &mut Loader<'_>) -> Result<View, CarryError> {
        let (scale, transform, source, destination) = loader.get()?;
        let view = View { scale, transform, source, destination };
        let is_part = source.is_none_or(|[x, y, width, height]| {
            let none = Fixed::from_int(0);
            x >= none && y >= none && width > none && height > none
        });
        let is_size = destination.is_none_or(|(width, height)| width > 0 && height > 0);
        // What a client may ask for.
        let is_one = scale > 0 && transform.0 < 8 && is_part && is_size;
        if is_one { Ok(view) } else { Err(CarryError::Damaged { what: "a view of no buffer" }) }
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
