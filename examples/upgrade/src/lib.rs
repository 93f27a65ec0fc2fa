//! The messages of `tally.xml`, for the server and its clients.

wayline::include_protocol!("tally");
