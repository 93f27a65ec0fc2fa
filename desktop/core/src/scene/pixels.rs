//! Where pixels come from and where they go. Knows how bytes are copied; refuses to know what kind of memory
//! that is.
//!
//! Memory that another process can write or take away is never a slice (M14, M15): it is copied out in pieces,
//! and each copy can fail.

/// For [`Pixels::block`]: of memory that is mapped.
pub const SMALL_BLOCK: usize = 8 << 10;

/// For [`Pixels::block`]: of memory that is read by system calls.
pub const LARGE_BLOCK: usize = 128 << 10;

/// The memory does not hold what it promised: its file was cut short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{len} bytes at offset {offset} of the shared memory cannot be accessed")]
pub struct AccessError {
    /// First byte of the failed access.
    pub offset: usize,
    /// Its length in bytes.
    pub len: usize,
}

/// Memory that pixels can be copied out of.
pub trait Pixels {
    /// Copy the bytes from `offset` on into all of `into`. After an error its contents are unspecified.
    fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), AccessError>;

    /// How many bytes to ask for at once, as far as there are so many in rows that follow each other; 0 for one row at a
    /// time, which is for pixels that are computed.
    ///
    /// What is read is drawn at once, so pieces are good that stay in the fastest cache, if a read costs nothing but the
    /// copy. Where it is a system call, fewer and larger ones are better.
    fn block(&self) -> usize {
        SMALL_BLOCK
    }
}

/// Memory that pixels can be copied into.
pub trait PixelsMut {
    /// Copy all of `from` to the bytes from `offset` on.
    fn write(&mut self, offset: usize, from: &[u8]) -> Result<(), AccessError>;
}

impl Pixels for Vec<u8> {
    fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), AccessError> {
        let error = AccessError { offset, len: into.len() };
        let end = offset.checked_add(into.len()).ok_or(error)?;
        into.copy_from_slice(self.get(offset..end).ok_or(error)?);
        Ok(())
    }
}

impl PixelsMut for Vec<u8> {
    fn write(&mut self, offset: usize, from: &[u8]) -> Result<(), AccessError> {
        let error = AccessError { offset, len: from.len() };
        let end = offset.checked_add(from.len()).ok_or(error)?;
        self.get_mut(offset..end).ok_or(error)?.copy_from_slice(from);
        Ok(())
    }
}
