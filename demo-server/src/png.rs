//! Frames as PNG files. Knows opaque pixels and paths; refuses to know when a picture is wanted.

use std::path::Path;

use wayline_desktop::Frame;

/// A frame as 8-bit RGB.
fn encode(frame: &Frame) -> Result<Vec<u8>, png::EncodingError> {
    let (width, height) = frame.size();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_source_srgb(png::SrgbRenderingIntent::Perceptual);
    let bytes: Vec<u8> = frame.pixels().iter().flat_map(|pixel| pixel.to_be_bytes().into_iter().skip(1)).collect();
    encoder.write_header()?.write_image_data(&bytes)?;
    Ok(file)
}

/// Writes a frame to a file, replacing what is there. Nothing is touched if encoding fails.
///
/// # Errors
/// The text for people.
pub(crate) fn save(frame: &Frame, path: &Path) -> Result<(), String> {
    let file = encode(frame).map_err(|error| format!("cannot encode the frame: {error}"))?;
    std::fs::write(path, file).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::{Frame, encode, save};
    use std::path::Path;

    #[test]
    fn the_file_decodes_to_the_frame() {
        let mut frame = Frame::new((3, 2), 0xff01_0203);
        frame.row_mut(1, 2, 3)[0] = 0xffff_8000;
        let file = encode(&frame).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        assert_eq!((info.width, info.height, info.color_type), (3, 2, png::ColorType::Rgb));
        assert_eq!(bytes, [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 255, 128, 0]);
    }

    #[test]
    fn errors_name_the_file() {
        let error = save(&Frame::new((1, 1), 0), Path::new("/dev/null/picture.png")).unwrap_err();
        assert!(error.starts_with("cannot write /dev/null/picture.png: "), "{error}");
        let error = save(&Frame::new((0, 1), 0), Path::new("/dev/null")).unwrap_err();
        assert!(error.starts_with("cannot encode the frame: "), "{error}");
    }
}
