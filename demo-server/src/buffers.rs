//! Memory that clients share, as pixels.

use std::collections::HashMap;

use wayline::ClientId;
use wayline::io::shm::{self, BufferArgs, LayoutError, PixelFormat, Policy, Pool};

use wayline_desktop::{AccessError, Format, LARGE_BLOCK, Layout, Pixels, PixelsMut, SMALL_BLOCK};

/// What each client may share with us, and how much of it it does.
pub(crate) type Quotas = HashMap<ClientId, Policy>;

/// What is taken from clients: pools never shrink, in either protocol, so memory may be sealed against it.
pub(crate) fn policy() -> Policy {
    Policy { add_seal: true, ..Policy::default() }
}

/// A pool as memory of pixels.
#[derive(Clone, Debug)]
pub(crate) struct Memory(pub(crate) Pool);

/// A buffer: where its pixels are.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) memory: Memory,
    pub(crate) layout: Layout,
}

/// The formats that are announced, as the runtime names them.
const FORMATS: [PixelFormat; Format::ALL.len()] = {
    let mut formats = [PixelFormat::ARGB8888; Format::ALL.len()];
    let mut at = 0;
    while at < formats.len() {
        let format = Format::ALL[at];
        formats[at] = PixelFormat { code: format.code(), bytes_per_pixel: format.bytes_per_pixel() as u8 };
        at += 1;
    }
    formats
};

/// The buffer that a client describes. Both protocols come here: the rules, and whose fault it is, are the runtime's.
/// What is composed has a largest size besides.
pub(crate) fn buffer(pool: Pool, args: BufferArgs) -> Result<Shared, LayoutError> {
    let checked = shm::Layout::check(args, pool.size(), &FORMATS)?;
    let BufferArgs { offset, width, height, stride, format } = checked.args();
    let format = Format::from_code(format).ok_or(LayoutError::Format { code: format })?;
    let layout = Layout::new(offset, (width, height), stride, format, checked.end())
        .map_err(|_| LayoutError::Dimensions { width, height })?;
    Ok(Shared { memory: Memory(pool), layout })
}

impl Pixels for Memory {
    fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), AccessError> {
        self.0.read(offset, into).map_err(|_| AccessError { offset, len: into.len() })
    }

    fn block(&self) -> usize {
        if self.0.is_mapped() { SMALL_BLOCK } else { LARGE_BLOCK }
    }
}

impl PixelsMut for Memory {
    fn write(&mut self, offset: usize, from: &[u8]) -> Result<(), AccessError> {
        self.0.write(offset, from).map_err(|_| AccessError { offset, len: from.len() })
    }
}
