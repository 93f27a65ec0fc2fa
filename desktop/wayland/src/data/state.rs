//! What was copied last, and what is dragged.

use crate::limits::check_number;
use crate::protocol::{WlDataDevice, WlDataOffer, WlDataSource, ZwlrDataControlSourceV1, ZwpPrimarySelectionSourceV1};
use wayline::HandlerError;
use wayline::carry::{Carry, CarryError, Loader, Refusal, Saver};

/// Types one source may offer. Office programs offer some dozen.
const MAX_TYPES: usize = 256;

/// Bytes that the names of these types may have together: others are sent them.
const MAX_BYTES: usize = 32 * 1024;

/// The types that something can be had as.
#[derive(Clone, Debug, Default)]
pub struct Types {
    names: Vec<String>,
    bytes: usize,
}

impl Carry for Types {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        saver.put(&self.names)
    }

    fn load(loader: &mut Loader<'_>) -> Result<Types, CarryError> {
        let names: Vec<String> = loader.get()?;
        Ok(Types { bytes: names.iter().map(String::len).sum(), names })
    }
}

impl Types {
    /// Adds one. Returns what all took before, and take now; the caller charges for that.
    ///
    /// # Errors
    /// If there are too many, or their names too long.
    pub(crate) fn push(&mut self, name: &str) -> Result<(u64, u64), HandlerError> {
        let before = self.size();
        self.bytes += name.len();
        check_number(self.names.len(), MAX_TYPES, "types in one source")?;
        check_number(self.bytes, MAX_BYTES + 1, "bytes of types in one source")?;
        self.names.push(name.to_owned());
        Ok((before, self.size()))
    }

    /// Bytes that all of them take.
    pub(crate) fn size(&self) -> u64 {
        (self.bytes + self.names.len() * size_of::<String>()) as u64
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

/// Who has the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    Source(WlDataSource),
    Primary(ZwpPrimarySelectionSourceV1),
    /// One that needs no keyboard.
    Control(ZwlrDataControlSourceV1),
}

wayline::carry!(enum Holder { 1 = Source(this), 2 = Primary(this), 3 = Control(this) });

/// One of the two things that there can be to paste.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// What was copied.
    Clipboard,
    /// What was selected.
    Primary,
}

/// What was copied last, or selected.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    pub(crate) holder: Option<Holder>,
    /// The types of a source that needs no keyboard, which cannot change any more.
    pub(crate) types: Types,
    /// The latest event that it was set for.
    pub(crate) serial: Option<u32>,
}

wayline::carry!(struct Selection { holder, types, serial });

impl Selection {
    /// Whether it was set for an event after the one with this serial; serials start again from 0.
    pub(crate) fn is_after(&self, serial: u32) -> bool {
        self.serial.is_some_and(|latest| (serial.wrapping_sub(latest) as i32) < 0)
    }
}

/// A device that was told of a drag, and the offer made to it.
pub(crate) type Offered = (WlDataDevice, Option<WlDataOffer>);

/// What is dragged, and what it is over.
#[derive(Clone, Debug)]
pub(crate) struct Drag {
    /// `None` drags within one client, which knows what.
    pub(crate) source: Option<WlDataSource>,
    /// What the client was offered of the surface that it is over.
    pub(crate) over: Vec<Offered>,
}

wayline::carry!(struct Drag { source, over });
