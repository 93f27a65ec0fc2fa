//! Memory that clients share, and what several own.

use wayline::io::shm::{Access, Memory, Policy, Quota, ShmError};

use super::*;

/// A pool of a client, of one page, and the client's own memory.
fn pool(host: &mut Host, client: ClientId) -> (Pool, Memory) {
    let memory = Memory::create("test", 4096).unwrap();
    let policy = host.server.shm_policy(client);
    let pool = Pool::import(memory.try_clone_fd().unwrap(), 4096, Access::ReadOnly, &policy).unwrap();
    (pool, memory)
}

#[test]
fn a_pool_is_the_same_memory_and_its_clones_are_one_pool() {
    let mut host = Host::new();
    let (_guest, client) = connect(&mut host);
    let (pool, mut memory) = pool(&mut host, client);
    memory.write(0, &[1, 2, 3]).unwrap();
    host.pools = vec![pool.clone(), pool];
    let mut host = carried(host);
    let client = host.server.clients().next().unwrap();
    memory.write(1, &[7]).unwrap();
    let mut read = [0; 3];
    host.pools[0].read(0, &mut read).unwrap();
    assert_eq!(read, [1, 7, 3]);
    host.pools[0].resize(8192).unwrap();
    assert_eq!(host.pools[1].size(), 8192, "they are two pools");
    assert_eq!(host.pools[0].write(0, &[1]).unwrap_err().to_string(), ShmError::NotWritable.to_string());
    assert_eq!(host.server.held(client, Resource::MappedBytes), 8192);
    host.pools.clear();
    assert_eq!(host.server.held(client, Resource::MappedBytes), 0);
}

#[test]
fn each_client_is_charged_for_its_own_pools_afterwards() {
    let mut host = Host::new();
    let (_guest, first) = connect(&mut host);
    let (_other, second) = connect(&mut host);
    for _ in 0..3 {
        let (pool, _) = pool(&mut host, second);
        host.pools.push(pool);
    }
    let limits = Limits { mapped_bytes: 2 * 4096, ..Limits::default() };
    let held = |host: &Host, client| host.server.held(client, Resource::MappedBytes);
    assert_eq!([held(&host, first), held(&host, second)], [0, 3 * 4096]);
    let mut host = carried(host);
    host.server.set_limits(limits);
    let clients: Vec<ClientId> = host.server.clients().collect();
    let mut held: Vec<u64> = clients.iter().map(|client| held(&host, *client)).collect();
    held.sort_unstable();
    assert_eq!(held, [0, 3 * 4096]);
}

#[test]
fn an_account_that_no_client_has_goes_over_with_what_is_in_use() {
    let mut host = Host::new();
    let policy = Policy { quota: Quota::new(10_000, 2), ..Policy::default() };
    for _ in 0..2 {
        let memory = Memory::create("test", 4096).unwrap();
        host.pools.push(Pool::import(memory.try_clone_fd().unwrap(), 4096, Access::ReadOnly, &policy).unwrap());
    }
    let host = carried(host);
    assert!(matches!(host.pools[0].resize(8192), Err(ShmError::Quota { bytes: 10_000, pools: 2, .. })));
    host.pools[1].resize(5000).unwrap();
}

#[test]
fn a_peer_that_spoils_its_memory_does_not_hold_up_the_upgrade() {
    use rustix::fs::{MemfdFlags, OFlags, SealFlags, fcntl_add_seals, fcntl_setfl, ftruncate, memfd_create};
    let mut host = Host::new();
    let (_guest, client) = connect(&mut host);
    let theirs = memfd_create("theirs", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
    ftruncate(&theirs, 4096).unwrap();
    let policy = host.server.shm_policy(client);
    let pool = Pool::import(theirs.try_clone().unwrap(), 4096, Access::ReadWrite, &policy).unwrap();
    ftruncate(&theirs, 100).unwrap();
    fcntl_add_seals(&theirs, SealFlags::WRITE | SealFlags::SEAL).unwrap();
    fcntl_setfl(&theirs, OFlags::RDWR | OFlags::APPEND).unwrap();
    host.pools.push(pool);
    let host = carried(host);
    let mut read = [0; 8];
    host.pools[0].read(0, &mut read).unwrap();
    assert!(matches!(host.pools[0].read(200, &mut read), Err(ShmError::Truncated { .. })));
}

#[test]
fn what_several_own_is_one_value_afterwards() {
    let mut host = Host::new();
    let (one, other) = (Arc::new("one".to_owned()), Arc::new("one".to_owned()));
    host.owned = vec![Arc::clone(&one), other, one];
    let host = carried(host);
    let [one, other, again] = &host.owned[..] else { panic!("three") };
    assert!(Arc::ptr_eq(one, again) && !Arc::ptr_eq(one, other));
    assert_eq!([one.as_str(), other.as_str()], ["one", "one"]);
}
