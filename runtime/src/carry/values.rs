//! What can go over by itself.

use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::{Carry, CarryError, Loader, Refusal, Saver};
use crate::handle::{ClientId, GlobalId, Handle, ListenerId};
use crate::io::fence::Fence;
use crate::wire::Fixed;

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

impl<T: Carry> Carry for Box<T> {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        saver.put(&**self)
    }

    fn load(loader: &mut Loader<'_>) -> Result<Box<T>, CarryError> {
        loader.get().map(Box::new)
    }
}

impl Carry for Duration {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        saver.put(&(self.as_secs(), self.subsec_nanos()))
    }

    fn load(loader: &mut Loader<'_>) -> Result<Duration, CarryError> {
        let (seconds, nanoseconds) = loader.get()?;
        if nanoseconds >= 1_000_000_000 {
            return Err(CarryError::Damaged { what: "a second that has passed" });
        }
        Ok(Duration::new(seconds, nanoseconds))
    }
}

impl Carry for Fixed {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        saver.put(&self.to_bits())
    }

    fn load(loader: &mut Loader<'_>) -> Result<Fixed, CarryError> {
        loader.get().map(Fixed::from_bits)
    }
}

macro_rules! shared {
    ($($owner:ident),*) => {
        $(
            /// What several own is one value afterwards, too. It must not own itself, directly or through others.
            impl<T: Carry + 'static> Carry for $owner<T> {
                fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
                    saver.shared::<T>(std::ptr::from_ref(&**self).addr(), |saver| saver.put(&**self))
                }

                fn load(loader: &mut Loader<'_>) -> Result<$owner<T>, CarryError> {
                    loader.shared(|loader| loader.get().map($owner::new))
                }
            }
        )*
    };
}

shared!(Rc, Arc);

/// A copy goes over.
impl Carry for OwnedFd {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        saver.put_fd(self)
    }

    fn load(loader: &mut Loader<'_>) -> Result<OwnedFd, CarryError> {
        loader.get_fd()
    }
}

/// A copy of the descriptor goes over: who waits for the fence, or signals it, notices nothing.
impl Carry for Fence {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        saver.put_fd(self)
    }

    fn load(loader: &mut Loader<'_>) -> Result<Fence, CarryError> {
        Fence::from_fd(loader.get_fd()?).map_err(|_| CarryError::Damaged { what: "a fence that is none" })
    }
}

/// Listeners keep their order.
impl Carry for ListenerId {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        saver.word(self.index() as u32);
        Ok(())
    }

    fn load(loader: &mut Loader<'_>) -> Result<ListenerId, CarryError> {
        Ok(ListenerId::of(loader.word()? as usize))
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

/// The same object. A handle whose object has ended finds nothing afterwards either. Those of an interface go over, too.
impl Carry for Handle {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        saver.handle(*self);
        Ok(())
    }

    fn load(loader: &mut Loader<'_>) -> Result<Handle, CarryError> {
        loader.handle().map(|(handle, _)| handle)
    }
}
