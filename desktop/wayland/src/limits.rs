//! How many of something there may be.

use wayline::{HandlerError, HandlerResult};

/// Most objects of one kind that a client may have to be told by.
pub(crate) const MAX_DEVICES: usize = 256;

/// Whether there may be another one beside so many.
///
/// # Errors
/// If not, with what they are.
pub(crate) fn check_number(count: usize, most: usize, what: &str) -> HandlerResult {
    if count < most { Ok(()) } else { Err(HandlerError::internal(format!("more than {most} {what}"))) }
}

/// A client has another object that it is to be told by. It leaves the list when it is destroyed.
///
/// # Errors
/// If there are too many.
pub(crate) fn register<I>(devices: &mut Vec<I>, this: I) -> HandlerResult {
    check_number(devices.len(), MAX_DEVICES, "devices of a kind")?;
    devices.push(this);
    Ok(())
}
