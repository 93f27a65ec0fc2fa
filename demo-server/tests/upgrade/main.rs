//! A server that is replaced while its clients go on: processes, files and programs as they are in use.

mod crowd;
mod failures;
mod native;
mod process;
mod programs;
#[path = "../interop/screen.rs"]
mod screen;
mod servers;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/test_client.rs"]
mod test_client;
mod told;
mod transcripts;
mod wayland;
