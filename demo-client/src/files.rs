//! Pictures on disk: PNG and JPEG in, PNG out.

use std::path::Path;

use image::metadata::Orientation;
use image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageError, ImageFormat, ImageReader, RgbaImage};

use crate::error::Error;
use wayline_toolkit::Size;

/// Reads a picture, whichever of the formats it is in, turned the way the camera says.
///
/// # Errors
/// [`Error::Load`].
pub(crate) fn load(path: &Path) -> Result<RgbaImage, Error> {
    let read = || {
        let mut decoder = ImageReader::open(path)?.with_guessed_format()?.into_decoder()?;
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let mut image = DynamicImage::from_decoder(decoder)?;
        image.apply_orientation(orientation);
        Ok(image.into_rgba8())
    };
    read().map_err(|source: ImageError| Error::Load { path: path.into(), source })
}

/// Writes a PNG file of pixels that are red, green and blue.
///
/// # Errors
/// [`Error::Save`].
pub(crate) fn save(path: &Path, size: Size, rgb: &[u8]) -> Result<(), Error> {
    image::save_buffer_with_format(path, rgb, size.width, size.height, ExtendedColorType::Rgb8, ImageFormat::Png)
        .map_err(|source| Error::Save { path: path.into(), source })
}
