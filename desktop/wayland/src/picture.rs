//! What a surface shows.

use crate::buffers::Store;
use wayline_desktop::{AccessError, Map, Mapped, Pixels};

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
        Picture(Kind::Mapped(Mapped::new(store, map)))
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
