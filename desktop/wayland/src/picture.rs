//! What a surface shows.

use crate::buffers::{Memory, Shared};
use wayline_desktop::{AccessError, Map, Mapped, Pixels, SMALL_BLOCK};

/// The pixels of a buffer.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Memory(Memory),
    /// One pixel, in no memory of the client.
    Pixel([u8; 4]),
}

wayline::carry!(enum Source { 1 = Memory(memory), 2 = Pixel(pixel) });

/// The pixels of a surface.
#[derive(Clone, Debug)]
pub struct Picture(Kind);

wayline::carry!(struct Picture(0));

#[derive(Clone, Debug)]
enum Kind {
    Whole(Source),
    /// A part of a buffer, turned and scaled.
    Mapped(Box<Mapped<Source>>),
}

wayline::carry!(enum Kind { 1 = Whole(source), 2 = Mapped(mapped) });

impl Source {
    /// The memory that it is in, if it is in any.
    pub(crate) fn memory(&self) -> Option<&Memory> {
        if let Source::Memory(memory) = self { Some(memory) } else { None }
    }
}

impl Picture {
    /// A part of a buffer, turned and scaled.
    pub(crate) fn mapped(source: Source, map: Map) -> Picture {
        Picture(Kind::Mapped(Box::new(Mapped::new(source, map))))
    }
}

/// All of a buffer.
impl From<Source> for Picture {
    fn from(source: Source) -> Picture {
        Picture(Kind::Whole(source))
    }
}

/// All of a buffer, for another front end.
impl From<Shared> for Picture {
    fn from(shared: Shared) -> Picture {
        Source::Memory(shared.memory).into()
    }
}

impl Pixels for Source {
    fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), AccessError> {
        match self {
            Source::Memory(memory) => memory.read(offset, into),
            Source::Pixel(pixel) => {
                let bytes = pixel.get(offset..).and_then(|rest| rest.get(..into.len()));
                into.copy_from_slice(bytes.ok_or(AccessError { offset, len: into.len() })?);
                Ok(())
            }
        }
    }

    fn block(&self) -> usize {
        match self {
            Source::Memory(memory) => memory.block(),
            Source::Pixel(_) => SMALL_BLOCK,
        }
    }
}

impl Pixels for Picture {
    fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), AccessError> {
        match &self.0 {
            Kind::Whole(source) => source.read(offset, into),
            Kind::Mapped(mapped) => mapped.read(offset, into),
        }
    }

    fn block(&self) -> usize {
        match &self.0 {
            Kind::Whole(source) => source.block(),
            Kind::Mapped(mapped) => mapped.block(),
        }
    }
}
