//! The two applications that the conformance kit gives orders: what they do, and nothing of the loop that drives them.
//!
//! What the kit asks of them is written in `conformance.xml` and in the documentation of its module `client`. With
//! `WAYLINE_FAULTS=SEED` in the environment their sockets have harmless faults.

pub mod client;
pub mod server;
