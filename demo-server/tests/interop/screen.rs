//! Pictures of the screen and what differs between two of them.

use std::path::Path;

/// A picture of the whole screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Screen {
    pub(crate) width: usize,
    rgb: Vec<u8>,
}

/// Where two pictures differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Pixels that differ.
    pub(crate) count: usize,
    /// Edges of the smallest rectangle around them: left, top, right, bottom.
    pub(crate) edges: [usize; 4],
}

impl Change {
    /// A point in the middle.
    pub(crate) fn middle(&self) -> (usize, usize) {
        let [left, top, right, bottom] = self.edges;
        (left.midpoint(right), top.midpoint(bottom))
    }
}

impl Screen {
    /// Reads a PNG file as `capture` writes it.
    pub(crate) fn load(path: &Path) -> Screen {
        let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
        let mut reader = png::Decoder::new(file).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        let samples = info.color_type.samples();
        let rgb = pixels.chunks_exact(samples).flat_map(|pixel| pixel[..3].to_owned()).collect();
        Screen { width: info.width as usize, rgb }
    }

    /// The colour at a point as `0xRRGGBB`.
    pub(crate) fn colour(&self, x: usize, y: usize) -> u32 {
        let at = (y * self.width + x) * 3;
        u32::from_be_bytes([0, self.rgb[at], self.rgb[at + 1], self.rgb[at + 2]])
    }

    /// Where this differs from another picture of the same size.
    pub(crate) fn change_since(&self, other: &Screen) -> Change {
        let mut change = Change { count: 0, edges: [usize::MAX, usize::MAX, 0, 0] };
        for (at, (new, old)) in self.rgb.chunks_exact(3).zip(other.rgb.chunks_exact(3)).enumerate() {
            if new != old {
                let (x, y) = (at % self.width, at / self.width);
                let [left, top, right, bottom] = change.edges;
                change.count += 1;
                change.edges = [left.min(x), top.min(y), right.max(x), bottom.max(y)];
            }
        }
        change
    }
}
