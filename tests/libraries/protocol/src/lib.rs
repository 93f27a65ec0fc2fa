//! The code generated from desk.xml, and nothing else. The libraries beside it handle its messages.

wayline::include_protocol!("desk");
