//! Pictures on disk: PNG and JPEG in, PNG out.

use std::error::Error as StdError;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Seek};
use std::path::Path;

use png::{ColorType, Decoder, Transformations};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::error::Error;
use wayline_toolkit::Size;

/// Longest side of a picture in pixels, and the most pixels: a gigabyte of them.
const MAX_SIDE: u32 = 1 << 16;
const MAX_PIXELS: u64 = 1 << 28;

/// What every PNG file begins with.
const PNG: &[u8] = b"\x89PNG";

/// Pixels in rows from the top: red, green, blue, alpha.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    pub(crate) size: Size,
    pub(crate) pixels: Vec<[u8; 4]>,
}

type Loaded = Result<Image, Box<dyn StdError + Send + Sync>>;

/// Reads a picture, whichever of the formats it is in, turned the way the camera says.
///
/// # Errors
/// [`Error::Load`].
pub(crate) fn load(path: &Path) -> Result<Image, Error> {
    let read = || {
        let mut file = BufReader::new(File::open(path)?);
        if file.fill_buf()?.starts_with(PNG) { read_png(file) } else { read_jpeg(file) }
    };
    read().map_err(|source| Error::Load { path: path.into(), source })
}

fn read_png(file: impl BufRead + Seek) -> Loaded {
    let mut decoder = Decoder::new(file);
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info()?;
    let size = checked(reader.info().size())?;
    let mut bytes = vec![0; reader.output_buffer_size().ok_or("it is too large")?];
    let info = reader.next_frame(&mut bytes)?;
    let pixels = match info.color_type {
        ColorType::Grayscale => bytes.iter().map(|&grey| [grey, grey, grey, u8::MAX]).collect(),
        ColorType::GrayscaleAlpha => {
            bytes.as_chunks().0.iter().map(|&[grey, alpha]| [grey, grey, grey, alpha]).collect()
        }
        ColorType::Rgb => bytes.as_chunks().0.iter().map(|&[r, g, b]| [r, g, b, u8::MAX]).collect(),
        ColorType::Rgba => bytes.as_chunks().0.to_vec(),
        ColorType::Indexed => return Err("the palette is missing".into()),
    };
    Ok(Image { size, pixels })
}

fn read_jpeg(file: impl BufRead + Seek) -> Loaded {
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGBA);
    let mut decoder = JpegDecoder::new_with_options(file, options);
    decoder.decode_headers()?;
    let (width, height) = decoder.dimensions().ok_or("it has no size")?;
    let size = checked((width.try_into()?, height.try_into()?))?;
    let pixels = decoder.decode()?.as_chunks().0.to_vec();
    let orientation = decoder.exif().cloned().and_then(orientation).unwrap_or(1);
    Ok(turned(Image { size, pixels }, orientation))
}

/// Memory is taken for what a file says of itself only within limits.
fn checked((width, height): (u32, u32)) -> Result<Size, String> {
    let size = Size::new(width, height);
    let fits = (1..=MAX_SIDE).contains(&width) && (1..=MAX_SIDE).contains(&height) && size.pixels() <= MAX_PIXELS;
    fits.then_some(size).ok_or_else(|| format!("{size} pixels are none or too many"))
}

/// How the camera was held: from 1 to 8, as Exif counts.
fn orientation(exif: Vec<u8>) -> Option<u32> {
    let exif = exif::Reader::new().read_raw(exif).ok()?;
    exif.get_field(exif::Tag::Orientation, exif::In::PRIMARY)?.value.get_uint(0)
}

/// The picture as it is to be looked at.
fn turned(image: Image, orientation: u32) -> Image {
    let (width, height) = (image.size.width, image.size.height);
    let swaps = matches!(orientation, 5..=8);
    let size = if swaps { Size::new(height, width) } else { image.size };
    let pixel = |x: u32, y: u32| {
        let (right, below) = (width - 1, height - 1);
        let (x, y) = match orientation {
            2 => (right - x, y),
            3 => (right - x, below - y),
            4 => (x, below - y),
            5 => (y, x),
            6 => (y, below - x),
            7 => (right - y, below - x),
            8 => (right - y, x),
            _ => return None,
        };
        image.pixels.get(y as usize * width as usize + x as usize).copied()
    };
    let turned: Option<Vec<_>> =
        (0..size.height).flat_map(|y| (0..size.width).map(move |x| (x, y))).map(|(x, y)| pixel(x, y)).collect();
    match turned {
        Some(pixels) => Image { size, pixels },
        None => image,
    }
}

/// Writes a PNG file of pixels that are red, green and blue.
///
/// # Errors
/// [`Error::Save`].
pub(crate) fn save(path: &Path, size: Size, rgb: &[u8]) -> Result<(), Error> {
    let write = || {
        let mut encoder = png::Encoder::new(BufWriter::new(File::create(path)?), size.width, size.height);
        encoder.set_color(ColorType::Rgb);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(rgb)?;
        writer.finish()
    };
    write().map_err(|source| Error::Save { path: path.into(), source })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Image, Size, load, save, turned};

    /// Six pixels by their numbers, three in a row.
    fn numbered(size: (u32, u32), numbers: [u8; 6]) -> Image {
        Image { size: Size::new(size.0, size.1), pixels: numbers.map(|n| [n, 0, 0, 255]).to_vec() }
    }

    #[test]
    fn pictures_are_turned_the_way_the_camera_was_held() {
        let image = || numbered((3, 2), [1, 2, 3, 4, 5, 6]);
        let (wide, high) = ((3, 2), (2, 3));
        assert_eq!(turned(image(), 1), image());
        assert_eq!(turned(image(), 2), numbered(wide, [3, 2, 1, 6, 5, 4]));
        assert_eq!(turned(image(), 3), numbered(wide, [6, 5, 4, 3, 2, 1]));
        assert_eq!(turned(image(), 4), numbered(wide, [4, 5, 6, 1, 2, 3]));
        assert_eq!(turned(image(), 5), numbered(high, [1, 4, 2, 5, 3, 6]));
        assert_eq!(turned(image(), 6), numbered(high, [4, 1, 5, 2, 6, 3]));
        assert_eq!(turned(image(), 7), numbered(high, [6, 3, 5, 2, 4, 1]));
        assert_eq!(turned(image(), 8), numbered(high, [3, 6, 2, 5, 1, 4]));
    }

    #[test]
    fn a_jpeg_file_is_read_and_turned_as_its_exif_says() {
        // 16 by 8 pixels, red on the left and blue on the right, of a camera that was turned by a quarter.
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pictures/held-upright.jpg");
        let Image { size, pixels } = load(Path::new(file)).unwrap();
        assert_eq!((size, pixels.len()), (Size::new(8, 16), 128));
        let (first, last) = (pixels[0], pixels[127]);
        assert!(first[0] > 240 && first[2] < 16 && last[0] < 16 && last[2] > 240, "{first:?} {last:?}");
    }

    #[test]
    fn what_is_saved_loads_again_and_other_files_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("two.png");
        save(&file, Size::new(2, 1), &[1, 2, 3, 4, 5, 6]).unwrap();
        assert_eq!(load(&file).unwrap(), Image { size: Size::new(2, 1), pixels: vec![[1, 2, 3, 255], [4, 5, 6, 255]] });
        std::fs::write(&file, "no picture").unwrap();
        assert!(load(&file).unwrap_err().to_string().contains("two.png"));
        assert!(load(dir.path()).is_err());
    }
}
