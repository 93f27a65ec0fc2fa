//! Conformance kit for Wayland-style sockets: numbered cases for a server, a client, a scanner and a codec.
//!
//! The kit speaks bytes and fds of its own and shares no code with what it judges. Each case has the id of WIRE.md F, one
//! sentence, a source and a severity; the `conform` command runs them against any implementation and reports.
//!
//! | module | knows |
//! |---|---|
//! | [`wire`] | how one message is laid out, well and badly |
//! | [`socket`] | sendmsg, recvmsg, fds, deadlines |
//! | [`protocol`] | opcodes, of the core and of the kit's own `conformance.xml` |
//! | [`case`](mod@case) | what a case is and how it can come out |
//! | [`target`] | starting a process and looking at it from outside |
//! | [`matrix`] | which implementations are at hand, and the table of all of them |
//! | [`report`] | terminal, JUnit, JSON, HTML |
//! | [`client`] | the cases for a client, and what such a client has to do |
//! | [`scanner`] | the cases for a generator that reads protocol XML |
//! | [`codec`] | the cases for an encoder and decoder, and the trait one is judged through |
//! | [`server`] | the cases for a server, and the canary beside them |
//! | [`storm`] | processes that die, stop, crowd and stall around a server |

pub mod case;
pub mod client;
pub mod codec;
pub mod matrix;
pub mod protocol;
pub mod report;
pub mod scanner;
pub mod server;
pub mod socket;
pub mod storm;
pub mod target;
pub mod wire;
