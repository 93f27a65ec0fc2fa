//! demo-server.
mod png;
mod scene;
mod script;
fn main() {}
