//! Captures: pcapng files with a packet for each message. [`packet`] says what is in a packet, [`pcapng`] what is around
//! it. The format is described in the guide (`docs/src/inspect.md`).

pub(crate) mod packet;
pub(crate) mod pcapng;
pub(crate) mod replay;
