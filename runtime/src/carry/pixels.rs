//! What is said of pictures.

use wayline_pixels::{BufferArgs, Layout, PixelFormat, Rect};

use super::{Carry, CarryError, Loader, Refusal, Saver};

impl Carry for Rect {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        saver.put(&[self.left(), self.top(), self.right(), self.bottom()])
    }

    fn load(loader: &mut Loader<'_>) -> Result<Rect, CarryError> {
        let [left, top, right, bottom] = loader.get()?;
        Ok(Rect::from_edges(left, top, right, bottom))
    }
}

impl Carry for PixelFormat {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        saver.put(&(self.code, self.bytes_per_pixel))
    }

    fn load(loader: &mut Loader<'_>) -> Result<PixelFormat, CarryError> {
        let (code, bytes_per_pixel) = loader.get()?;
        if bytes_per_pixel == 0 {
            return Err(CarryError::Damaged { what: "a pixel without a byte" });
        }
        Ok(PixelFormat { code, bytes_per_pixel })
    }
}

/// Checked again, but for the size of its pool, which it does not know.
impl Carry for Layout {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        let BufferArgs { offset, width, height, stride, format: _ } = self.args();
        saver.put(&[offset, width, height, stride])?;
        saver.put(&self.format())
    }

    fn load(loader: &mut Loader<'_>) -> Result<Layout, CarryError> {
        let [offset, width, height, stride] = loader.get()?;
        let format: PixelFormat = loader.get()?;
        let args = BufferArgs { offset, width, height, stride, format: format.code };
        let layout = Layout::check(args, usize::MAX, &[format]);
        layout.map_err(|_| CarryError::Damaged { what: "a picture that no memory has" })
    }
}
