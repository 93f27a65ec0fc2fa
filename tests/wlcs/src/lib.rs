//! demo-server as a module of WLCS, the Wayland conformance test suite of the
//! Mir project: its runner loads this library, and starts and stops a compositor
//! for each of its tests. All of it needs the feature `wayland`.

#[cfg(feature = "wayland")]
mod abi;
#[cfg(feature = "wayland")]
mod desk;
