//! What clients make the server hold: charged, released, and ended for.

use super::{HasServer, Server};
use crate::error::{Disconnect, LimitError, ProtocolError, Resource};
use crate::handle::{ClientId, Interface};
use crate::protocol::WlDisplay;
use crate::protocol::wl_display::Error as Code;

impl<A: HasServer> Server<A> {
    /// Charges something that the application keeps for a client, before it takes it: a descriptor, memory that it maps,
    /// bytes of a title or a region. What the runtime holds itself, such as queues and objects, is in the account anyway, and
    /// so are pools of `Server::shm_policy`.
    ///
    /// Stays charged until it is [released](Server::release), or the client ends. Nothing is charged to a client that has
    /// ended. In a handler, `?` ends the handler's client with `no_memory`:
    ///
    /// ```no_run
    /// # use wayline::{ClientId, HasServer, HandlerResult, Resource, Server};
    /// # fn set_title<A: HasServer>(server: &mut Server<A>, client: ClientId, title: &str, old: &str) -> HandlerResult {
    /// server.charge(client, Resource::StoredBytes, title.len() as u64)?;
    /// server.release(client, Resource::StoredBytes, old.len() as u64);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`LimitError`] if that would cross a limit of the client or of its user; nothing is charged then.
    pub fn charge(&mut self, client: ClientId, resource: Resource, amount: u64) -> Result<(), LimitError> {
        self.core.charge(client, resource, amount)
    }

    /// Takes back what was charged, at most all of it. Of a client that has ended nothing is left to take back.
    pub fn release(&mut self, client: ClientId, resource: Resource, amount: u64) {
        self.core.discharge(client, resource, amount);
    }

    /// What shared memory of a client is taken, with the account of that client: at most
    /// [`Limits::mapped_bytes`](crate::Limits::mapped_bytes) in [`Quota::POOLS`](crate::io::shm::Quota::POOLS) pools, as the
    /// limits are when this is first asked for. `?` on an import beyond that ends the handler's client with `no_memory`.
    ///
    /// ```
    /// use wayline::io::shm::{Access, Policy, Pool, ShmError};
    /// # use std::os::fd::OwnedFd;
    /// # use wayline::{ClientId, HasServer, Server};
    /// # fn create_pool<A: HasServer>(server: &mut Server<A>, client: ClientId, fd: OwnedFd, size: i32) -> Result<Pool, ShmError> {
    /// let pool = Pool::import(fd, size, Access::ReadOnly, &server.shm_policy(client))?;
    /// # Ok(pool)
    /// # }
    /// # fn create_sealed<A: HasServer>(server: &mut Server<A>, client: ClientId, fd: OwnedFd, size: i32) -> Result<Pool, ShmError> {
    /// // With other rules:
    /// let policy = Policy { require_sealed: true, ..server.shm_policy(client) };
    /// let pool = Pool::import(fd, size, Access::ReadOnly, &policy)?;
    /// # Ok(pool)
    /// # }
    /// ```
    ///
    /// Pools are part of what a client [holds](Server::held), their bytes and a descriptor for each, until they are dropped:
    /// nothing has to be charged or released. So they count for its user as well, whose limits are looked at when the
    /// client's messages have been handled. The account ends with the client; of one that has ended there is a new one that
    /// nobody looks at.
    #[cfg(feature = "io")]
    #[must_use]
    pub fn shm_policy(&mut self, client: ClientId) -> crate::io::shm::Policy {
        crate::io::shm::Policy { quota: self.core.shm_quota(client), ..Default::default() }
    }

    /// What a client makes this process hold, with what was charged to it; 0 once it has ended.
    #[must_use]
    pub fn held(&self, client: ClientId, resource: Resource) -> u64 {
        self.core.held(client, resource)
    }

    /// Ends those who hold too much.
    pub(super) fn enforce_limits(&mut self) {
        while let Some((client, error)) = self.core.next_over() {
            self.drop_for(client, format!("no memory: {error}"), Disconnect::Limit(error));
        }
    }

    /// Ends a client that has to make room, at once, and tells it why if it is still listening.
    pub(super) fn drop_for(&mut self, client: ClientId, message: String, reason: Disconnect) {
        let interface = Some(WlDisplay::SPEC.name);
        let error = ProtocolError { object: 1, interface, code: Code::NO_MEMORY.0, message };
        self.core.end_telling(client, &error, reason);
    }
}
