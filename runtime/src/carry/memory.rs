//! Shared memory: a pool is the same pool afterwards, charged to the same account.

use super::{Carry, CarryError, Loader, Refusal, Saver};
use crate::io::shm::{Parts, Pool, Quota};

/// Where an account is not one of a client.
const OWN: u32 = u32::MAX;

/// The account of a client is that client's again. Of others the limits and what is in use go over; they have a share of the
/// budget of the process.
impl Carry for Quota {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        let clients = saver.quotas.iter().find(|(_, quota)| quota.address() == self.address());
        if let Some(&(place, _)) = clients {
            return saver.put(&place);
        }
        saver.put(&OWN)?;
        saver.shared::<Quota>(self.address(), |saver| saver.put(&self.limits()))
    }

    fn load(loader: &mut Loader<'_>) -> Result<Quota, CarryError> {
        let place: u32 = loader.get()?;
        if place == OWN {
            return loader.shared(|loader| {
                let (bytes, pools) = loader.get()?;
                Ok(Quota::new(bytes, pools))
            });
        }
        let found = loader.quotas.iter().find(|(of, _)| *of == place);
        found.map(|(_, quota)| quota.clone()).ok_or(CarryError::Damaged { what: "memory of no client" })
    }
}

/// The descriptor goes over, not the bytes. Clones are clones of one pool afterwards, too. Its peer may have changed seals
/// and size meanwhile, as it may at any time: they are looked at when the memory is next used.
impl Carry for Pool {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        saver.shared::<Pool>(self.address(), |saver| {
            let Parts { file, size, write, require_sealed, add_seal, write_files, quota } = self.parts();
            saver.put_fd(file)?;
            saver.put(&size)?;
            [write, require_sealed, add_seal, write_files].iter().try_for_each(|flag| saver.put(flag))?;
            saver.put(&quota)
        })
    }

    fn load(loader: &mut Loader<'_>) -> Result<Pool, CarryError> {
        loader.shared(|loader| {
            let (file, size) = (loader.get_fd()?, loader.get()?);
            let [write, require_sealed, add_seal, write_files] =
                [loader.get()?, loader.get()?, loader.get()?, loader.get()?];
            let quota = loader.get()?;
            let parts = Parts { file, size, write, require_sealed, add_seal, write_files, quota };
            Pool::of_parts(parts).map_err(|_| CarryError::Damaged { what: "a pool that is no memory" })
        })
    }
}
