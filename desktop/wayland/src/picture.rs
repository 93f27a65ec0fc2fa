//! What a surface shows.

use crate::buffers::{Memory, Shared};
use wayline_desktop::{AccessError, Map, Mapped, Pixels, SMALL_BLOCK};

/// The pixels of a surface, or of a buffer.
#[derive(Clone, Debug)]
pub struct Picture(Kind);

wayline::carry!(struct Picture(0));

#[derive(Clone, Debug)]
enum Kind {
    Memory(Memory),
    /// One pixel, in no memory of the client.
    Pixel([u8; 4]),
    /// A part of another one, turned and scaled.
    Mapped(Box<Mapped<Picture>>),
}

wayline::carry!(enum Kind { 0 = Memory(memory), 1 = Pixel(pixel), 2 = Mapped(mapped) });

impl Picture {
    /// What is in memory of a client.
    pub(crate) fn shared(memory: Memory) -> Picture {
        Picture(Kind::Memory(memory))
    }

    /// One pixel.
    pub(crate) fn pixel(pixel: [u8; 4]) -> Picture {
        Picture(Kind::Pixel(pixel))
    }

    /// A part of this one, turned and scaled.
    pub(crate) fn mapped(self, map: Map) -> Picture {
        Picture(Kind::Mapped(Box::new(Mapped::new(self, map))))
    }

    /// The memory that it is in as it is, if it is in any.
    pub(crate) fn memory(&self) -> Option<&Memory> {
        if let Kind::Memory(memory) = &self.0 { Some(memory) } else { None }
    }
}

/// All of a buffer, for another front end.
impl From<Shared> for Picture {
    fn from(shared: Shared) -> Picture {
        Picture::shared(shared.memory)
    }
}

impl Pixels for Picture {
    fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), AccessError> {
        match &self.0 {
            Kind::Memory(memory) => memory.read(offset, into),
            Kind::Pixel(pixel) => {
                let bytes = pixel.get(offset..).and_then(|rest| rest.get(..into.len()));
                into.copy_from_slice(bytes.ok_or(AccessError { offset, len: into.len() })?);
                Ok(())
            }
            Kind::Mapped(mapped) => mapped.read(offset, into),
        }
    }

    fn block(&self) -> usize {
        match &self.0 {
            Kind::Memory(memory) => memory.block(),
            Kind::Pixel(_) => SMALL_BLOCK,
            Kind::Mapped(mapped) => mapped.block(),
        }
    }
}
