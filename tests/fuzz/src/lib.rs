//! What the fuzz targets do with their input. Every `run` takes any bytes and panics if something is wrong.
//!
//! The same functions replay the corpus as an ordinary test (tests/tests/corpus.rs includes this file), so nothing here
//! knows of the fuzzer. `link` is the socket made of memory that both roles are tried over.

pub mod carry;
pub mod client;
pub mod codec;
mod link;
pub mod pool;
pub mod server;
mod traced;
pub mod xml;

/// The protocol of the conformance kit, whose cases are the first inputs.
mod kit {
    #![allow(missing_docs, unreachable_pub, reason = "the kit's XML says no more; the module is private")]
    wayline::include_protocol!("fuzz_kit");
}

/// A message of every kind of argument, both ways.
mod kinds {
    #![allow(
        clippy::module_inception,
        missing_docs,
        unreachable_pub,
        reason = "an interface is called as its protocol, without documentation; the module is private"
    )]
    wayline::include_protocol!("fuzz_kinds");
}
