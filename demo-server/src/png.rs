//! Frames as PNG files. Knows opaque pixels and paths; refuses to know when a picture is wanted.

use std::io::Write;
use std::path::{Path, PathBuf};

use wayline_desktop::Frame;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PngError {
    /// The pixels could not be encoded.
    #[error("cannot encode the frame")]
    Encode(#[from] png::EncodingError),
    /// The file could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Encode a frame as 8-bit RGB.
pub(crate) fn encode(frame: &Frame, into: impl Write) -> Result<(), PngError> {
    let (width, height) = frame.size();
    let mut encoder = png::Encoder::new(into, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_source_srgb(png::SrgbRenderingIntent::Perceptual);
    let mut bytes = Vec::with_capacity(frame.pixels().len() * 3);
    for pixel in frame.pixels() {
        let [_, red, green, blue] = pixel.to_be_bytes();
        bytes.extend([red, green, blue]);
    }
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&bytes)?;
    Ok(writer.finish()?)
}

/// Write a frame to a file, replacing what is there. Nothing is touched if encoding fails.
pub(crate) fn save(frame: &Frame, path: &Path) -> Result<(), PngError> {
    let mut bytes = Vec::new();
    encode(frame, &mut bytes)?;
    std::fs::write(path, bytes).map_err(|source| PngError::Write { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::{Frame, PngError, encode, save};
    use std::path::Path;

    #[test]
    fn the_file_decodes_to_the_frame() {
        let mut frame = Frame::new((3, 2), 0xff01_0203);
        frame.row_mut(1, 2, 3)[0] = 0xffff_8000;
        let mut file = Vec::new();
        encode(&frame, &mut file).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        assert_eq!((info.width, info.height, info.color_type), (3, 2, png::ColorType::Rgb));
        assert_eq!(bytes, [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 255, 128, 0]);
    }

    #[test]
    fn errors_name_the_file() {
        let error = save(&Frame::new((1, 1), 0), Path::new("/dev/null/picture.png")).unwrap_err();
        assert_eq!(error.to_string(), "cannot write /dev/null/picture.png");
        assert!(matches!(save(&Frame::new((0, 1), 0), Path::new("/dev/null")), Err(PngError::Encode(_))));
    }
}
