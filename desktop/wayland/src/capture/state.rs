//! The copies that wait, and which of them a frame makes.

use std::collections::BTreeMap;

use wayline::ClientId;
use wayline::carry::{self, Carry, CarryError, Loader, Saver};
use wayline_desktop::Rect;

use super::history::History;
use crate::buffers::Shared;
use crate::clock::Tick;
use crate::protocol::{ExtImageCopyCaptureFrameV1, ZwlrScreencopyFrameV1};

/// Bytes that are copied with one frame at most, but for the first copy, which is not larger than the screen.
const BUDGET: usize = 32 * 1024 * 1024;

/// What has become of a copy.
pub(crate) enum Outcome {
    /// It was made.
    Copied {
        /// What has changed, in pixels of the copy.
        changes: Vec<Rect>,
        /// The frame that it shows.
        frame: u64,
        /// When that was shown.
        shown: Tick,
    },
    /// The buffer could not be written to.
    Failed,
}

/// The object by which a client asks for a copy.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asker {
    Screencopy(ZwlrScreencopyFrameV1),
    ImageCopy(ExtImageCopyCaptureFrameV1),
}

wayline::carry!(enum Asker { 1 = Screencopy(frame), 2 = ImageCopy(frame) });

/// Tells a client what has become of the copy that it asked for by an object.
pub(crate) type Answer<A, I> = fn(&mut A, I, Outcome);

/// A copy that a client asks for.
#[derive(Debug)]
pub(crate) struct Wanted<W = Asker> {
    /// The part of the screen, which is as large as the buffer.
    pub(crate) area: Rect,
    /// Whether the pointer is in the picture.
    pub(crate) cursor: bool,
    /// It waits for something new there since this frame.
    pub(crate) since: Option<u64>,
    pub(crate) asker: W,
}

wayline::carry!(struct Wanted { area, cursor, since, asker });

/// Names a copy that waits.
pub(crate) type Key = u64;

/// Why a copy cannot wait for its time.
pub(crate) enum Refusal {
    /// The client has too many.
    Many,
    /// The memory is not for writing.
    Memory,
}

#[derive(Debug)]
pub(super) struct Waiting<W = Asker> {
    pub(super) client: ClientId,
    pub(super) wanted: Wanted<W>,
    pub(super) into: Shared,
}

wayline::carry!(struct Waiting { client, wanted, into });

/// Copies that are made now, with what has changed for each.
pub(super) type Due<W> = Vec<(Waiting<W>, Vec<Rect>)>;

/// All copies that wait, and what was new in the latest frames.
#[derive(Debug)]
pub(crate) struct Captures<W = Asker> {
    /// The oldest first.
    pub(super) waiting: BTreeMap<Key, Waiting<W>>,
    pub(super) next: Key,
    pub(super) history: History,
}

impl Carry for Captures {
    fn save(&self, saver: &mut Saver) -> Result<(), carry::Refusal> {
        let Captures { waiting, next, history } = self;
        saver.put(waiting)?;
        saver.put(next)?;
        saver.put(history)
    }

    fn load(loader: &mut Loader<'_>) -> Result<Captures, CarryError> {
        let (waiting, next, history): (BTreeMap<Key, Waiting>, Key, History) = loader.get()?;
        let is_next = waiting.keys().all(|key| *key < next);
        let can_count = next.max(history.number) <= u64::MAX / 2;
        if !is_next || !can_count {
            return Err(CarryError::Damaged { what: "pictures that are still to be asked for" });
        }
        Ok(Captures { waiting, next, history })
    }
}

impl<W> Default for Captures<W> {
    fn default() -> Self {
        Captures { waiting: BTreeMap::new(), next: 0, history: History::default() }
    }
}

/// Takes out the copies that are made now, with what has changed for them, and says whether others have to wait only
/// because these are too many.
pub(super) fn take_due<W>(captures: &mut Captures<W>) -> (Due<W>, bool) {
    let (mut left, mut keys, mut more) = (BUDGET, Vec::new(), false);
    for (key, waiting) in &captures.waiting {
        let changes = captures.history.changes(waiting.wanted.since, waiting.wanted.area);
        if changes.is_empty() {
            continue;
        }
        let (width, height) = waiting.into.layout.size();
        let cost = width as usize * height as usize * waiting.into.layout.bytes_per_pixel();
        if cost > left && !keys.is_empty() {
            more = true;
            break;
        }
        left = left.saturating_sub(cost);
        keys.push((*key, changes));
    }
    let take = |(key, changes)| Some((captures.waiting.remove(&key)?, changes));
    (keys.into_iter().filter_map(take).collect(), more)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use crate::buffers::Memory;
    use wayline::io::shm::{Access, Policy, Pool};
    use wayline::{HasServer, Server};

    use wayline_desktop::Layout;

    use super::super::FORMAT;
    use super::{BUDGET, Captures, Rect, Shared, Waiting, Wanted, take_due};

    /// Has clients.
    struct App(Server<App>);

    impl HasServer for App {
        fn server(&mut self) -> &mut Server<App> {
            &mut self.0
        }
    }

    /// Copies of this size that wait.
    fn waiting(count: u64, (width, height): (i32, i32)) -> Captures<()> {
        let mut captures = Captures::default();
        let mut app = App(Server::new());
        let (socket, _other) = UnixStream::pair().unwrap();
        let client = app.server().add_socket(socket.into()).unwrap();
        for key in 0..count {
            let memory = wayline::io::shm::Memory::create("sparse", (width * height * 4) as usize).unwrap();
            let file = memory.try_clone_fd().unwrap();
            let pool = Pool::import(file, width * height * 4, Access::ReadOnly, &Policy::default()).unwrap();
            let layout = Layout::packed(0, width as u32, height as u32, FORMAT).unwrap();
            let area = Rect::new(0, 0, width, height);
            let wanted = Wanted { area, cursor: false, since: None, asker: () };
            let into = Shared { memory: Memory(pool), layout };
            captures.waiting.insert(key, Waiting { client, wanted, into });
        }
        captures
    }

    #[test]
    fn a_frame_makes_a_bounded_number_of_copies_the_oldest_first() {
        // Four of 8 MiB are what a frame may copy.
        let mut captures = waiting(10, (2048, 1024));
        let mut frames = Vec::new();
        loop {
            let (due, more) = take_due(&mut captures);
            let oldest = captures.waiting.keys().next().copied();
            frames.push((due.len(), oldest));
            if !more {
                break;
            }
        }
        assert_eq!(frames, [(4, Some(4)), (4, Some(8)), (2, None)]);
        // One that is larger is made alone.
        let mut captures = waiting(2, (4096, (BUDGET / 4096 / 4) as i32 + 1));
        assert_eq!(take_due(&mut captures).0.len(), 1);
    }

    #[test]
    fn what_waits_for_a_change_keeps_no_other_copy_from_being_made() {
        let mut captures = waiting(10, (2048, 1024));
        captures.waiting.values_mut().take(8).for_each(|waiting| waiting.wanted.since = Some(0));
        let (due, more) = take_due(&mut captures);
        assert_eq!((due.len(), more, captures.waiting.len()), (2, false, 8));
        captures.history.add(&[Rect::new(0, 0, 1, 1)]);
        assert_eq!(take_due(&mut captures).0.len(), 4);
    }
}
