//! Captures: pcapng files with a packet for each message. [`packet`] says what is in a packet, [`pcapng`] what is around
//! it. The guide has a word on it (`docs/src/tools.md`).

pub(crate) mod packet;
pub(crate) mod pcapng;
pub(crate) mod replay;
