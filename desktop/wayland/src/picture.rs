//! What a surface shows: scale, transform and viewport, in the words of the desktop.

use crate::buffers::{Shared, Store};
use crate::protocol::wl_output::Transform;
use wayline_desktop::{AccessError, Layout, Mapped, Pixels, Turn};

/// The pixels of a surface.
#[derive(Clone, Debug)]
pub struct Picture(Kind);

#[derive(Clone, Debug)]
enum Kind {
    /// The pixels of a buffer as they are.
    Plain(Store),
    /// Those of a part of a buffer, turned and scaled.
    Mapped(Mapped<Store>),
}

impl Picture {
    /// The pixels of a buffer as they are.
    pub(crate) fn plain(store: Store) -> Picture {
        Picture(Kind::Plain(store))
    }

    /// The pixels of a part of a buffer, turned and scaled.
    pub(crate) fn mapped(store: Store, map: Map) -> Picture {
        Picture(Kind::Mapped(Mapped::new(store, map.of_pixels())))
    }
}

/// All of a buffer, for another front end.
impl From<Shared> for Picture {
    fn from(shared: Shared) -> Picture {
        Picture::plain(Store::Memory(shared.memory))
    }
}

impl Pixels for Picture {
    fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), AccessError> {
        match &self.0 {
            Kind::Plain(store) => store.read(offset, into),
            Kind::Mapped(mapped) => mapped.read(offset, into),
        }
    }

    fn block(&self) -> usize {
        match &self.0 {
            Kind::Plain(store) => store.block(),
            Kind::Mapped(mapped) => mapped.block(),
        }
    }
}

/// A part of a buffer, in coordinates of the surface before it is scaled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Crop {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// Whether width and height change places.
pub(crate) fn is_turned(transform: Transform) -> bool {
    turn(transform).is_sideways()
}

/// The numbers of transforms: quarter turns, and 4 more if it is mirrored.
fn turn(transform: Transform) -> Turn {
    Turn { quarters: transform.0 as u8 & 3, mirrored: transform.0 & 4 != 0 }
}

/// Which part of its buffer a surface shows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Map {
    pub(crate) source: Layout,
    pub(crate) transform: Transform,
    pub(crate) scale: i32,
    pub(crate) crop: Crop,
    pub(crate) size: (u32, u32),
}

impl Map {
    fn of_pixels(self) -> wayline_desktop::Map {
        let Map { source, transform, scale, crop: Crop { x, y, width, height }, size } = self;
        let part = [x, y, width, height].map(|length| length * f64::from(scale));
        wayline_desktop::Map { source, turn: turn(transform), part, size }
    }
}
