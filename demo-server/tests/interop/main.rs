//! Programs that nobody here wrote, unmodified, on the Wayland front end: each is
//! started, must show a window, is used, and must close when asked to. Programs
//! that are not installed are skipped, and the test says so.
//!
//! A line for each program says how long it took until its window was seen and
//! what crossed the socket; pictures go to `WAYLINE_ARTEFACTS`, or else below the
//! target directory.

//!
//! What such programs rely on, and what happens to those that break the rules,
//! is tested besides, message by message.

mod behind;
mod captures;
mod clipboard;
mod constraints;
mod contracts;
mod cursor;
mod growth;
mod image_copies;
mod layers;
mod libwayland;
mod locks;
mod ours;
mod outputs;
mod panels;
mod primary;
mod programs;
mod reported;
mod screen;
mod serials;
mod shell;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/test_client.rs"]
mod test_client;
mod test_server;
mod text_input;
mod touch;
mod touch_grabs;
mod violations;
mod virtual_input;
mod waypipe;
