//! Conformance kit for Wayland-style sockets: numbered cases for a server, a client, a scanner and a codec.
//!
//! The kit speaks bytes and fds of its own and shares no code with what it judges. Each case has an id, one
//! sentence, a source and a severity; the `conform` command runs them against any implementation and reports.
//!
//! # Ids
//!
//! An id such as `O07b` is the letter of a group, a number, and a letter where several stimuli share the number. `s`
//! behind the id of a codec row is the same input given to a server, `x` to a client; `O07` alone means all of its rows.
//! `conform server --list --case O07` prints them (and so with `codec`, `scanner`, `client`); `tests/CONFORMANCE.md` has
//! them all with how implementations did. Comments and tests of all crates cite them in this form.
//!
//! | group | about |
//! |---|---|
//! | W | the wire: header, arguments, what is malformed |
//! | X | protocol XML |
//! | O | objects: ids, their life, errors, sync |
//! | V | globals, registries, versions |
//! | D | file descriptors beside the bytes |
//! | P | pressure: peers that do not read, do not finish, leave |
//! | M | shared memory |
//! | K | connecting, listening, credentials |
//! | B | arguments and sizes that are refused, from both sides |
//! | S | fences; these, M15 to M17, X43 and X44 are asked of a library, not of a process, and exist as tests of Wayline alone |
//!
//! A source names the public text behind a case: the Wayland manual and XML, a function or test of libwayland, a man
//! page. Where it says "rule of the kit" there is none, and the sentence gives the reason. What the kernel does was
//! observed under Linux 6.18.
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
//! | [`server`] | the cases for a server, and the innocent client beside them |
//! | [`growth`] | how the work of a server grows with what a client has made, in instructions |
//! | [`hostile`] | clients that cost a server as much as they can, beside one that is innocent |
//! | [`stress`] | processes that die, stop, crowd and stall around a server |

pub mod case;
pub mod client;
pub mod codec;
pub mod growth;
pub mod hostile;
pub mod matrix;
pub mod protocol;
pub mod report;
pub mod scanner;
pub mod server;
pub mod socket;
pub mod stress;
pub mod target;
pub mod wire;
