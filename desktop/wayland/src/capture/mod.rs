//! Copies of the screen in buffers of clients: which wait for what, and which are made with a frame. The modules whose
//! protocols ask for them translate.
//!
//! A client has at most [`MAX_WAITING`] that wait, and a frame makes as many as its budget allows, the oldest first.
//! What a copy may cost in memory is counted by the pool that it goes to.

mod history;
pub(crate) mod state;

use wayline::ClientId;
use wayline_desktop::{Frame, Layout, PixelFormat, Rect};

use crate::buffers::{Memory, Shared};
use crate::clock::Tick;
use crate::host::Host;
use crate::protocol::WlBuffer;
use crate::surface;
pub(crate) use state::{Asker, Key, Outcome, Refusal, Wanted};
use state::{Waiting, take_due};

/// Most copies of one client that may wait.
const MAX_WAITING: u32 = 16;

/// The format that buffers are asked for, where a protocol names one.
pub(crate) const FORMAT: PixelFormat = PixelFormat::XRGB8888;

/// What a buffer is like, if it is one of shared memory.
pub(crate) fn layout<A: Host>(app: &mut A, buffer: WlBuffer) -> Option<Layout> {
    Some(app.server().data(buffer).ok()?.shared()?.1)
}

/// Makes a copy wait for its time: the next frame at the earliest.
pub(crate) fn begin<A: Host>(app: &mut A, buffer: WlBuffer, wanted: Wanted) -> Result<Key, Refusal> {
    let waiting = &mut app.wayland().client(buffer).captures;
    if *waiting >= MAX_WAITING {
        return Err(Refusal::Many);
    }
    let (memory, layout) = app.server().data(buffer).ok().and_then(|state| state.shared()).ok_or(Refusal::Memory)?;
    let memory = Memory(memory.0.to_writable().map_err(|_| Refusal::Memory)?);
    let client = buffer.client();
    app.wayland().client(buffer).captures += 1;
    let captures = &mut app.wayland().captures;
    let key = captures.next;
    captures.next += 1;
    let is_due = captures.history.has_changed(wanted.since, wanted.area);
    captures.waiting.insert(key, Waiting { client, wanted, into: Shared { memory, layout } });
    if is_due {
        app.schedule();
    }
    Ok(key)
}

/// Nobody waits for a copy any more.
pub(crate) fn cancel<A: Host>(app: &mut A, key: Key) {
    if let Some(waiting) = app.wayland().captures.waiting.remove(&key) {
        end(app, waiting.client);
    }
}

fn end<A: Host>(app: &mut A, client: ClientId) {
    if let Some(client) = app.wayland().clients.get_mut(&client) {
        client.captures = client.captures.saturating_sub(1);
    }
}

/// A frame was drawn, of which `damage` is new: it is copied for those who wait for it.
pub(crate) fn serve<A: Host>(app: &mut A, damage: &[Rect], tick: Tick) {
    app.wayland().captures.history.add(damage);
    if app.wayland().captures.waiting.is_empty() {
        return;
    }
    let (due, more) = take_due(&mut app.wayland().captures);
    let drawn = app.desktop().draws_cursors();
    let has_cursor = app.desktop().cursor().is_some();
    let (other, same): (Vec<_>, Vec<_>) =
        due.into_iter().partition(|(waiting, _)| has_cursor && waiting.wanted.cursor != drawn);
    same.into_iter().for_each(|(waiting, changes)| finish(app, waiting, changes, tick));
    if !other.is_empty() {
        // The picture of the pointer is put in, or taken out, and then the frame is again what people see.
        app.desktop().draw_cursors(!drawn);
        surface::compose(app);
        other.into_iter().for_each(|(waiting, changes)| finish(app, waiting, changes, tick));
        app.desktop().draw_cursors(drawn);
        surface::compose(app);
    }
    if more {
        app.schedule();
    }
}

/// Copies the frame as it is, and tells the client.
fn finish<A: Host>(app: &mut A, waiting: Waiting, changes: Vec<Rect>, tick: Tick) {
    let Waiting { client, wanted, into } = waiting;
    let copied = copy(app.desktop().frame(), wanted.area, into);
    end(app, client);
    let outcome = if copied {
        Outcome::Copied { changes, frame: app.wayland().captures.history.number, shown: tick }
    } else {
        Outcome::Failed
    };
    // Who asked for it has said how it is told.
    match wanted.asker {
        Asker::Screencopy(frame) => {
            if let Some(answer) = app.wayland().answer_screencopy {
                answer(app, frame, outcome);
            }
        }
        Asker::ImageCopy(frame) => {
            if let Some(answer) = app.wayland().answer_image_copy {
                answer(app, frame, outcome);
            }
        }
    }
}

fn copy(frame: &Frame, area: Rect, mut into: Shared) -> bool {
    let rows = 0..into.layout.size().1;
    frame.capture((area.left(), area.top()), &into.layout, rows, &mut into.memory).is_ok()
}
