//! What a client makes the compositor keep for it, charged to its account.

use wayline::{ClientId, LimitError, Resource};

use crate::host::Host;

/// Charges for the memory that a client shares, as it is now: a descriptor for each pool, and the bytes. To be called when
/// that has grown or may have shrunk.
///
/// # Errors
/// If the client, or its user, would have too much; it is charged for nothing new then.
pub fn charge_shared<A: Host>(app: &mut A, client: ClientId) -> Result<(), LimitError> {
    let Some((now, charged)) = app.wayland().shared(client) else { return Ok(()) };
    let before = std::mem::replace(charged, now);
    for (resource, (now, before)) in [Resource::Fds, Resource::MappedBytes].into_iter().zip(now.into_iter().zip(before))
    {
        if now > before {
            app.server().charge(client, resource, now - before)?;
        } else if now < before {
            app.server().release(client, resource, before - now);
        }
    }
    Ok(())
}

/// Takes back what was charged for something that is gone.
pub(crate) fn give_back<A: Host>(app: &mut A, client: ClientId, kept: u64) {
    if kept > 0 {
        app.server().release(client, Resource::StoredBytes, kept);
    }
}

/// Changes a charge to `bytes`. What is charged already is in `kept`.
///
/// # Errors
/// If the client, or its user, would have too much; the charge is as it was then.
pub(crate) fn keep<A: Host>(app: &mut A, client: ClientId, kept: u64, bytes: u64) -> Result<(), LimitError> {
    match bytes.checked_sub(kept) {
        Some(0) => Ok(()),
        Some(more) => app.server().charge(client, Resource::StoredBytes, more),
        None => {
            app.server().release(client, Resource::StoredBytes, kept - bytes);
            Ok(())
        }
    }
}
