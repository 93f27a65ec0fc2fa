//! What clients find: which globals are announced, and in which versions.

use wayline::{Dispatch, GlobalError, HasServer, Server, ServerRole};

use crate::host::Host;
use crate::protocol::{
    WlCompositor, WlDataDeviceManager, WlOutput, WlSeat, WlShm, WlSubcompositor, XdgWmBase, ZxdgShellV6,
};

/// Which globals are announced, and in which versions: each in the newest that is served, unless it is limited.
#[derive(Clone, Debug, Default)]
pub struct Offer {
    limits: Vec<(String, u32)>,
    /// How many of the limits were for something that exists.
    used: usize,
    offered: Vec<(&'static str, u32)>,
}

/// Why not all that was asked for is announced.
#[derive(Debug, thiserror::Error)]
pub enum OfferError {
    /// A limit is above the newest version that is served.
    #[error("{interface} is served up to version {newest}, not {version}")]
    TooNew {
        /// What it is for.
        interface: &'static str,
        /// The newest.
        newest: u32,
        /// What was asked for.
        version: u32,
    },
    /// Some limits are for what is not announced, or are not the only ones for it.
    #[error("not all of these are offered, once each: {0}")]
    Unknown(String),
    /// The server does not take a global.
    #[error(transparent)]
    Global(#[from] GlobalError),
}

impl Offer {
    /// Announces some interfaces in another version than the newest, or with 0 not at all.
    pub fn limited(limits: &[(String, u32)]) -> Offer {
        Offer { limits: limits.to_vec(), ..Offer::default() }
    }

    /// The limit for an interface.
    pub fn limit(&self, interface: &str) -> Option<u32> {
        self.limits.iter().find(|(name, _)| name == interface).map(|(_, version)| *version)
    }

    /// Announces an interface in this version, which is the newest that is served, unless it is limited.
    ///
    /// # Errors
    /// [`OfferError`] if the limit is above this version, or the server has too many globals.
    pub fn global<A: HasServer, I>(&mut self, server: &mut Server<A>, newest: u32) -> Result<(), OfferError>
    where
        I: Dispatch<A, ServerRole<A>>,
    {
        let interface = I::SPEC.name;
        let limit = self.limit(interface);
        self.used += usize::from(limit.is_some());
        match limit.unwrap_or(newest) {
            0 => Ok(()),
            version if version > newest => Err(OfferError::TooNew { interface, newest, version }),
            version => {
                self.offered.push((interface, version));
                server.add_global::<I>(version)?;
                Ok(())
            }
        }
    }

    /// As [`Offer::global`], if there is a seat: without one there is nothing that these could be for, and clients crash
    /// that try.
    pub(crate) fn seat_global<A: HasServer, I>(&mut self, server: &mut Server<A>, newest: u32) -> Result<(), OfferError>
    where
        I: Dispatch<A, ServerRole<A>>,
    {
        if self.limit("wl_seat") == Some(0) { Ok(()) } else { self.global::<A, I>(server, newest) }
    }

    /// What was announced, and its versions.
    ///
    /// # Errors
    /// [`OfferError::Unknown`] if there is a limit for something that was not announced.
    pub fn finish(self) -> Result<Vec<(&'static str, u32)>, OfferError> {
        if self.used == self.limits.len() {
            return Ok(self.offered);
        }
        let names: Vec<_> = self.limits.iter().map(|(name, _)| name.as_str()).collect();
        Err(OfferError::Unknown(names.join(", ")))
    }
}

/// What all modules have that a compositor may leave out: which applications serve them, the macro that hands their
/// interfaces to this crate, what is announced in which version, and how that goes over to another process: with `restore`,
/// if there is one, which puts functions where they were.
///
/// `($)` becomes the `$` of that macro.
macro_rules! module {
    (($d:tt) $delegate:ident; $($announce:ident $global:ident $version:literal),+; $($other:ident),* $(; $restore:ident)?) => {
        #[doc = concat!("What an application has that serves this: `", stringify!($delegate), "!` writes it.")]
        pub trait Hosts:
            $crate::Host
            $(+ wayline::server::Delegate<$global, To = Wayland>)+
            $(+ wayline::server::Delegate<$other, To = Wayland>)*
        {
        }

        impl<A> Hosts for A where
            A: $crate::Host
                $(+ wayline::server::Delegate<$global, To = Wayland>)+
                $(+ wayline::server::Delegate<$other, To = Wayland>)*
        {
        }

        /// Hands the interfaces of this module to it, for an application that implements [`Host`](crate::Host).
        #[macro_export]
        macro_rules! $delegate {
            ($d app:ty) => {
                $crate::delegate!(@ $d app: $($global),+ $(, $other)*);
            };
        }

        /// Announces this.
        ///
        /// # Errors
        /// As [`Offer::global`](crate::Offer::global).
        pub fn announce<A: Hosts>(
            server: &mut wayline::Server<A>,
            offer: &mut $crate::Offer,
        ) -> Result<(), $crate::OfferError> {
            $(offer.$announce::<A, $global>(server, $version)?;)+
            Ok(())
        }

        /// The carrier, of these interfaces as well, for an application that [goes over](mod@wayline::carry) to another process.
        #[must_use]
        pub fn carry<A: Hosts>(carrier: wayline::carry::Carrier<A>) -> wayline::carry::Carrier<A> {
            let carrier = carrier$(.with::<$global>())+$(.with::<$other>())*;
            $(let carrier = carrier.then(|app| {
                $restore(app);
                Ok(())
            });)?
            carrier
        }
    };
}
pub(crate) use module;

/// Announces what every compositor has, without the screen. xdg-shell v6 is announced only if there is a limit for it.
///
/// # Errors
/// As [`Offer::global`].
pub fn announce<A: Host>(server: &mut Server<A>, offer: &mut Offer) -> Result<(), OfferError> {
    offer.global::<A, WlCompositor>(server, 5)?;
    offer.global::<A, WlShm>(server, 1)?;
    offer.global::<A, WlSubcompositor>(server, 1)?;
    // It comes before what depends on it.
    offer.global::<A, WlSeat>(server, 8)?;
    offer.seat_global::<A, WlDataDeviceManager>(server, 3)?;
    offer.global::<A, XdgWmBase>(server, 5)?;
    if offer.limit("zxdg_shell_v6").is_some() {
        offer.global::<A, ZxdgShellV6>(server, 1)?;
    }
    Ok(())
}

/// Announces the screen. To be called last: clients want to know all that describes it when they hear of it.
///
/// # Errors
/// As [`Offer::global`].
pub fn announce_output<A: Host>(server: &mut Server<A>, offer: &mut Offer) -> Result<(), OfferError> {
    offer.global::<A, WlOutput>(server, 4)
}
