//! The messages, generated from the XML of the system.

wayline::include_protocol!("wayland");
