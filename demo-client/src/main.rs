//! demo-client.
fn main() {}
