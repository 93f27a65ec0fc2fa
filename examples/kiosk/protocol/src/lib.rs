//! The messages of `kiosk.xml` as Rust types, for the server and for clients.

wayline::include_protocol!("kiosk");
