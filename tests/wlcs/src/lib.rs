//! demo-server as a module of WLCS, the Wayland conformance test suite of the
//! Mir project: its runner loads this library, and starts and stops a compositor
//! for each of its tests.

mod abi;
mod instance;
