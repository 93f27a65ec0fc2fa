//! What memory is taken from a peer, and how much of it.

use std::sync::{Arc, Mutex, PoisonError};

use super::budget::{Budget, Share};
use super::error::ShmError;

/// What the importing side wants to do with the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read. Works with read-only descriptors and write-sealed memory.
    ReadOnly,
    /// Read and write, to fill a buffer of a client for instance.
    ReadWrite,
}

/// What [`Pool::import`](super::Pool::import) accepts. `Default` suits a
/// compositor, with a [`Quota`] of its own; [`Server::shm_policy`](crate::Server::shm_policy) is the one of a client.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Only memfds, and files of a tmpfs, which behave alike. Not the default,
    /// since some Wayland clients have their pools in ordinary files. Those are
    /// taken for reading, from file systems of this machine: ext2 to 4, xfs,
    /// btrfs, f2fs. A read may then wait for a disk.
    pub require_shared_memory: bool,
    /// Ordinary files are taken for writing as well, if that is asked for. A write may then wait for a disk, longer than a
    /// read: where much is still to be written, the kernel makes whoever writes wait for a part of it. A full disk is
    /// [`ShmError::Truncated`]. Not the default; for the few clients that have such pools written to, such as recorders.
    pub write_files: bool,
    /// Only memory that cannot shrink, long enough from the start. Not the
    /// default, since many Wayland clients do not seal their pools.
    pub require_sealed: bool,
    /// Seal memory against shrinking when it is first used, where its owner left that open, so that it can be mapped.
    /// Mesa's pools are of that kind. A pool of `wl_shm` never shrinks; but a seal stays for as long as the memory, so
    /// the owner cannot shorten it once the pool is gone either. Not the default, for protocols that allow it.
    pub add_seal: bool,
    /// Where imported memory is accounted.
    pub quota: Quota,
}

/// How much imported memory one peer may have us hold. Clones share the account.
///
/// What counts is the size that pools claim, not what of it is in use: that is
/// the address space and, in the worst case, the memory they cost. Of the
/// [`Budget`] of the process, which is for memory, one peer has a quarter at most.
#[derive(Clone, Debug)]
pub struct Quota(Arc<Account>);

#[derive(Debug)]
struct Account {
    bytes: usize,
    pools: usize,
    used: Mutex<Usage>,
    /// The peer's part of `all`.
    own: Budget,
    all: Budget,
}

/// What is in use.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    pub(crate) bytes: usize,
    pub(crate) pools: usize,
}

impl Quota {
    /// 4 GiB less one: two pools of the largest size, or 120 buffers of 3840×2160 pixels.
    pub const BYTES: usize = u32::MAX as usize;
    /// 512: each costs a descriptor. Programs with a pool per buffer stay below a hundred.
    pub const POOLS: usize = 512;

    /// An account with nothing in use and room for this much, and with a share
    /// of the budget of the process.
    #[must_use]
    pub fn new(bytes: usize, pools: usize) -> Quota {
        Quota::within(&Budget::of_process(), bytes, pools)
    }

    /// As [`Quota::new`], with a share of another budget.
    #[must_use]
    pub fn within(budget: &Budget, bytes: usize, pools: usize) -> Quota {
        let (own, all) = (Budget::new(budget.bytes() / Budget::PART), budget.clone());
        Quota(Arc::new(Account { bytes, pools, used: Mutex::default(), own, all }))
    }

    /// Bytes in use.
    #[must_use]
    pub fn bytes_used(&self) -> usize {
        self.used().bytes
    }

    /// Pools in use.
    #[must_use]
    pub fn pools_used(&self) -> usize {
        self.used().pools
    }

    pub(crate) fn used(&self) -> Usage {
        self.0.usage(|used| *used)
    }

    /// Most bytes, and most pools.
    pub(crate) fn limits(&self) -> (usize, usize) {
        (self.0.bytes, self.0.pools)
    }

    /// Where it is: all clones are at the same place.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// Charges what was charged in another process, which nobody refuses now.
    pub(super) fn charge_again(&self, bytes: usize) -> Charge {
        self.0.usage(|used| {
            used.bytes = used.bytes.saturating_add(bytes);
            used.pools = used.pools.saturating_add(1);
        });
        Charge { account: Arc::clone(&self.0), bytes }
    }

    pub(super) fn charge(&self, bytes: usize) -> Result<Charge, ShmError> {
        self.0.take(bytes, 1)?;
        Ok(Charge { account: Arc::clone(&self.0), bytes })
    }
}

impl Default for Quota {
    fn default() -> Quota {
        Quota::new(Quota::BYTES, Quota::POOLS)
    }
}

impl Account {
    fn usage<T>(&self, act: impl FnOnce(&mut Usage) -> T) -> T {
        act(&mut self.used.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn take(&self, bytes: usize, pools: usize) -> Result<(), ShmError> {
        self.usage(|used| {
            let room = bytes <= self.bytes.saturating_sub(used.bytes) && pools <= self.pools.saturating_sub(used.pools);
            if !room {
                return Err(ShmError::Quota { requested: bytes, bytes: self.bytes, pools: self.pools });
            }
            used.bytes += bytes;
            used.pools += pools;
            Ok(())
        })
    }
}

/// The share of one pool, given back on drop.
#[derive(Debug)]
pub(super) struct Charge {
    account: Arc<Account>,
    bytes: usize,
}

impl Charge {
    /// The account that it is a part of.
    pub(super) fn quota(&self) -> Quota {
        Quota(Arc::clone(&self.account))
    }

    /// Takes the whole charge out of the budgets, too.
    pub(super) fn take_memory(&self) -> Result<[Share; 2], ShmError> {
        Ok([self.account.own.take(self.bytes)?, self.account.all.take(self.bytes)?])
    }

    /// Makes it a charge of `bytes`, which must not be less than before.
    pub(super) fn grow_to(&mut self, bytes: usize) -> Result<(), ShmError> {
        self.account.take(bytes - self.bytes, 0)?;
        self.bytes = bytes;
        Ok(())
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.account.usage(|used| {
            used.bytes -= self.bytes;
            used.pools -= 1;
        });
    }
}
