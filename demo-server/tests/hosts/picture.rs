//! Pictures: one that is known, and whether it is on a screen.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// A picture, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Picture(Vec<Vec<[u8; 3]>>);

impl Picture {
    /// A picture without two equal rows, or two equal pixels side by side.
    pub(crate) fn known((width, height): (usize, usize)) -> Picture {
        let pixel = |x: usize, y: usize| [(x * 5) as u8, (x / 51 + y * 3) as u8, (y / 85 + x * y) as u8];
        Picture::from_fn((width, height), pixel)
    }

    /// A picture whose pixel at x and y is as `pixel` says.
    pub(crate) fn from_fn((width, height): (usize, usize), pixel: impl Fn(usize, usize) -> [u8; 3]) -> Picture {
        Picture((0..height).map(|y| (0..width).map(|x| pixel(x, y)).collect()).collect())
    }

    pub(crate) fn size(&self) -> (usize, usize) {
        (self.0[0].len(), self.0.len())
    }

    pub(crate) fn pixel(&self, (x, y): (u16, u16)) -> [u8; 3] {
        self.0[usize::from(y)][usize::from(x)]
    }

    /// Reads a PNG file; `None` if there is none yet.
    pub(crate) fn read(path: &Path) -> Option<Picture> {
        let file = BufReader::new(File::open(path).ok()?);
        let mut reader = png::Decoder::new(file).read_info().ok()?;
        let mut bytes = vec![0; reader.output_buffer_size()?];
        let info = reader.next_frame(&mut bytes).ok()?;
        let pixels = bytes.chunks_exact(info.color_type.samples()).map(|pixel| [pixel[0], pixel[1], pixel[2]]);
        let pixels: Vec<[u8; 3]> = pixels.collect();
        Some(Picture(pixels.chunks_exact(info.width as usize).map(<[_]>::to_vec).collect()))
    }

    pub(crate) fn write(&self, path: &Path) {
        let (width, height) = self.size();
        let mut encoder = png::Encoder::new(File::create(path).unwrap(), width as u32, height as u32);
        encoder.set_color(png::ColorType::Rgb);
        let bytes: Vec<u8> = self.0.iter().flatten().flatten().copied().collect();
        encoder.write_header().unwrap().write_image_data(&bytes).unwrap();
    }

    /// Whether `part` is somewhere in it, pixel for pixel.
    pub(crate) fn contains(&self, part: &Picture) -> bool {
        let first = &part.0[0];
        (0..(self.0.len() + 1).saturating_sub(part.0.len())).any(|top| {
            let mut lefts = self.0[top].windows(first.len()).enumerate();
            let left = lefts.find_map(|(left, pixels)| (pixels == first).then_some(left));
            left.is_some_and(|left| {
                self.0[top..].iter().zip(&part.0).all(|(all, row)| all[left..left + row.len()] == row[..])
            })
        })
    }
}
