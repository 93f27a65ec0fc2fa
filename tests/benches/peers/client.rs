//! What a client library can do, as the workloads see it.
//!
//! Each library has one [`Client`]; what a message looks like is its business.

use std::os::fd::OwnedFd;

/// What a library's client side can do. Failures are fatal: nothing here may fail.
pub(crate) trait Client {
    /// `wlbench_peer.calc`
    fn calc(&mut self, x: i32, y: i32, width: i32, height: i32);
    /// `wlbench_peer.text`
    fn text(&mut self, text: &str);
    /// `wlbench_peer.bytes`
    fn bytes(&mut self, bytes: &[u8]);
    /// `wlbench_peer.create` and `wlbench_item.destroy`
    fn churn(&mut self);
    /// `wlbench_peer.open` and `wlbench_item.destroy`. The library gets the file.
    fn open(&mut self, file: OwnedFd);
    /// `wlbench_peer.ping`
    fn ping(&mut self, serial: u32);
    /// `wlbench_peer.burst`
    fn burst(&mut self, count: u32);
    /// `wlbench_peer.mark`
    fn mark(&mut self);
    /// `wlbench_peer.import`; the buffer is the one that [`Client::commit`] shows.
    fn import(&mut self, memory: OwnedFd, stride: u32, height: u32);
    /// `wlbench_peer.commit`
    fn commit(&mut self, bytes: u32, acquire: OwnedFd, release: OwnedFd);
    /// Hands all requests to the kernel, waiting while the socket is full.
    fn flush(&mut self);
    /// Waits until the socket has room for a turn, where the library would
    /// otherwise lose the connection.
    fn pace(&mut self) {}
    /// Flushes, sleeps until events arrive, handles them.
    fn dispatch(&mut self);
    /// What was heard so far.
    fn heard(&self) -> &Heard;
}

/// What a client's event handlers note.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Heard {
    /// Answers to `mark`.
    pub(crate) marks: u32,
    /// CPU time of the server at the last of them, in nanoseconds.
    pub(crate) server_cpu: u64,
    /// Serial of the last `pong`.
    pub(crate) pong: u32,
    /// `motion` events.
    pub(crate) motions: u64,
    /// Sum of all numbers in them, so that decoding cannot be left out.
    pub(crate) sum: u64,
    /// `presented` events.
    pub(crate) frames: u32,
}

impl Heard {
    /// Notes a `marked` event.
    pub(crate) fn marked(&mut self, high: u32, low: u32) {
        self.marks += 1;
        self.server_cpu = u64::from(high) << 32 | u64::from(low);
    }

    /// Notes a `motion` event.
    #[inline]
    pub(crate) fn motion(&mut self, time: u32, x: i32, y: i32) {
        self.motions += 1;
        self.sum = self.sum.wrapping_add(u64::from(time) ^ x as u64 ^ y as u64);
    }
}
