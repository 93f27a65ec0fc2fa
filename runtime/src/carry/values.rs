//! What can go over by itself.

use std::os::fd::OwnedFd;

use super::{Carry, CarryError, Loader, Refusal, Saver};
use crate::handle::{ClientId, GlobalId, Interface};

/// Most values without bytes that a list can have.
const NOTHINGS: usize = 1 << 20;

macro_rules! numbers {
    ($($number:ty),*) => {
        $(
            impl Carry for $number {
                fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
                    saver.put_bytes(&self.to_le_bytes())
                }

                fn load(loader: &mut Loader<'_>) -> Result<$number, CarryError> {
                    let bytes = loader.get_bytes()?.try_into();
                    Ok(<$number>::from_le_bytes(bytes.map_err(|_| CarryError::Damaged { what: "a number of another size" })?))
                }
            }
        )*
    };
}

numbers!(u8, u16, u64, u128, i8, i16, i32, i64, f32, f64);

impl Carry for u32 {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        saver.word(*self);
        Ok(())
    }

    fn load(loader: &mut Loader<'_>) -> Result<u32, CarryError> {
        loader.word()
    }
}

impl Carry for usize {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        saver.put(&(*self as u64))
    }

    fn load(loader: &mut Loader<'_>) -> Result<usize, CarryError> {
        let number: u64 = loader.get()?;
        usize::try_from(number).map_err(|_| CarryError::Damaged { what: "a number too large" })
    }
}

impl Carry for bool {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        saver.put(&u32::from(*self))
    }

    fn load(loader: &mut Loader<'_>) -> Result<bool, CarryError> {
        match loader.word()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(CarryError::Damaged { what: "neither true nor false" }),
        }
    }
}

impl Carry for () {
    fn save(&self, _: &mut Saver) -> Result<(), Refusal> {
        Ok(())
    }

    fn load(_: &mut Loader<'_>) -> Result<(), CarryError> {
        Ok(())
    }
}

impl Carry for String {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        saver.put_bytes(self.as_bytes())
    }

    fn load(loader: &mut Loader<'_>) -> Result<String, CarryError> {
        let text = std::str::from_utf8(loader.get_bytes()?);
        text.map(str::to_owned).map_err(|_| CarryError::Damaged { what: "a text that is none" })
    }
}

impl<T: Carry> Carry for Option<T> {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        saver.put(&self.is_some())?;
        self.as_ref().map_or(Ok(()), |value| saver.put(value))
    }

    fn load(loader: &mut Loader<'_>) -> Result<Option<T>, CarryError> {
        if loader.get()? { loader.get().map(Some) } else { Ok(None) }
    }
}

impl<T: Carry> Carry for Vec<T> {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        saver.word(u32::try_from(self.len()).map_err(|_| Refusal::new("a list of more than 2³² values"))?);
        self.iter().try_for_each(|value| saver.put(value))
    }

    fn load(loader: &mut Loader<'_>) -> Result<Vec<T>, CarryError> {
        // Values can have no bytes at all, so nothing is reserved for a number that may be wrong.
        let count = loader.word()?;
        let mut list = Vec::new();
        let bytes = loader.left();
        for _ in 0..count {
            list.push(loader.get()?);
            if list.len() > NOTHINGS && loader.left() == bytes {
                return Err(CarryError::Damaged { what: "a list of nothing" });
            }
        }
        Ok(list)
    }
}

impl<A: Carry, B: Carry> Carry for (A, B) {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        saver.put(&self.0)?;
        saver.put(&self.1)
    }

    fn load(loader: &mut Loader<'_>) -> Result<(A, B), CarryError> {
        Ok((loader.get()?, loader.get()?))
    }
}

/// A copy goes over.
impl Carry for OwnedFd {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        saver.put_fd(self)
    }

    fn load(loader: &mut Loader<'_>) -> Result<OwnedFd, CarryError> {
        loader.get_fd()
    }
}

/// The same client, under another number. One that has ended is nobody.
impl Carry for ClientId {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        saver.client(*self);
        Ok(())
    }

    fn load(loader: &mut Loader<'_>) -> Result<ClientId, CarryError> {
        loader.client()
    }
}

/// Names of globals stay.
impl Carry for GlobalId {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        saver.put(&self.0)
    }

    fn load(loader: &mut Loader<'_>) -> Result<GlobalId, CarryError> {
        loader.get().map(GlobalId)
    }
}

/// The same object. A handle whose object has ended finds nothing afterwards either.
impl<I: Interface> Carry for I {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        saver.handle(self.handle());
        Ok(())
    }

    fn load(loader: &mut Loader<'_>) -> Result<I, CarryError> {
        loader.handle(I::SPEC).map(I::from_handle)
    }
}
