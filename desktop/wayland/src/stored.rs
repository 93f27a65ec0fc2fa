//! What a client makes the compositor keep for it, charged to its account.

use wayline::io::shm::Policy;
use wayline::{ClientId, LimitError, Resource};

use crate::host::Host;

/// Which memory of a client is taken, for all front ends, with the account that the server keeps of it. Pools never shrink,
/// so memory may be sealed against it. wf-recorder has files in `/tmp` written to, on a disk or not.
pub fn shm_policy<A: Host>(app: &mut A, client: ClientId) -> Policy {
    Policy { add_seal: true, write_files: true, ..app.server().shm_policy(client) }
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
