//! The state of a surface, and what clients have said about it since.

use super::role::{Object, Purpose, Role};
use super::view::View;
use crate::host::Host;
use crate::protocol::{
    WlBuffer, WlSurface, WpPresentationFeedback, WpViewport, ZwpConfinedPointerV1, ZwpLockedPointerV1,
};
use crate::shm::Attached;
use crate::stored;
use wayline::carry::{Carry, CarryError, Loader, Refusal, Saver};
use wayline::{HandlerResult, WlCallback};
use wayline_desktop::{Damage, Rect, Region, SurfaceId};

/// Frame callbacks and feedbacks that may wait at one surface. A client has no use for a second one.
pub(crate) const MAX_CALLBACKS: usize = 256;

/// State of a `wl_surface`.
pub struct Surface<A: 'static> {
    /// The buffer attached since the last commit.
    pub(crate) attach: Option<Option<WlBuffer>>,
    /// How the next commit has the buffer shown.
    pub(crate) view: View,
    pub(crate) pending: Changes,
    /// What a synchronised subsurface committed and its parent did not yet.
    pub(crate) cached: Option<Box<Commit>>,
    pub(crate) current: Current,
    /// What the surface is for.
    pub(crate) purpose: Option<Purpose>,
    /// What follows from that, while there is an object for it.
    pub(crate) role: Option<&'static dyn Role<A>>,
    pub(crate) object: Object,
    /// The latest one; it may be gone.
    pub(crate) viewport: Option<WpViewport>,
    pub(crate) constraint: Option<Box<Holding>>,
    /// Its name on the desktop.
    pub(crate) id: SurfaceId,
    pub(crate) on_output: bool,
    /// The surface and its subsurfaces from bottom to top as of the next commit; empty without any.
    pub(crate) stack: Vec<WlSurface>,
    pub(crate) stack_changed: bool,
    /// The subsurfaces that wait for the next commit: with content, with a place, or because one of theirs does.
    pub(crate) waiting: Vec<WlSurface>,
    /// Who is to be told when the content is shown.
    pub(crate) feedback: Vec<WpPresentationFeedback>,
    /// Popups and transients whose parent this is.
    pub(crate) popups: u32,
    /// What is charged for the regions that it keeps.
    pub(crate) kept: u64,
}

impl<A: 'static> Default for Surface<A> {
    fn default() -> Self {
        Surface {
            attach: None,
            view: View::default(),
            pending: Changes::default(),
            cached: None,
            current: Current::default(),
            purpose: None,
            role: None,
            object: Object::None,
            viewport: None,
            constraint: None,
            id: SurfaceId::default(),
            on_output: false,
            stack: Vec::new(),
            stack_changed: false,
            waiting: Vec::new(),
            feedback: Vec::new(),
            popups: 0,
            kept: 0,
        }
    }
}

/// Without its role, which follows from its object.
impl<A: 'static> Carry for Surface<A> {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        let Surface { attach, view, pending, cached, current, purpose, role: _, object, viewport, .. } = self;
        let Surface { constraint, id, on_output, stack, stack_changed, waiting, feedback, popups, kept, .. } = self;
        saver.put(attach)?;
        saver.put(view)?;
        saver.put(pending)?;
        saver.put(cached)?;
        saver.put(current)?;
        saver.put(&(*purpose, *object, *viewport))?;
        saver.put(constraint)?;
        saver.put(&(*id, *on_output))?;
        saver.put(stack)?;
        saver.put(stack_changed)?;
        saver.put(waiting)?;
        saver.put(feedback)?;
        saver.put(&(*popups, *kept))
    }

    fn load(loader: &mut Loader<'_>) -> Result<Surface<A>, CarryError> {
        let (attach, view, pending, cached) = loader.get()?;
        let (current, (purpose, object, viewport), constraint) = loader.get()?;
        let ((id, on_output), stack, stack_changed) = loader.get()?;
        let (waiting, feedback, (popups, kept)) = loader.get()?;
        Ok(Surface {
            attach,
            view,
            pending,
            cached,
            current,
            purpose,
            role: None,
            object,
            viewport,
            constraint,
            id,
            on_output,
            stack,
            stack_changed,
            waiting,
            feedback,
            popups,
            kept,
        })
    }
}

impl<A: 'static> Surface<A> {
    /// Whether there is a buffer, attached or committed.
    pub(crate) fn has_buffer(&self) -> bool {
        self.current.attached.is_some() || matches!(self.attach, Some(Some(_)))
    }

    /// Bytes of the regions that it keeps. They may share them with others, which cannot be relied on.
    fn region_bytes(&self) -> u64 {
        let changes = [Some(&self.pending), self.cached.as_ref().map(|commit| &commit.changes)];
        let regions = changes.into_iter().flatten().flat_map(|changes| [&changes.input, &changes.constraint]);
        let waiting = regions.filter_map(|region| region.as_ref()?.as_ref());
        let bytes: u64 = waiting.chain(&self.current.input).map(|region| region.bytes() as u64).sum();
        bytes + self.constraint.as_ref().map_or(0, |holding| holding.bytes)
    }
}

/// Charges for the regions that a surface keeps, where they may have changed.
///
/// # Errors
/// If its client, or the user, would have too much.
pub(crate) fn charge<A: Host>(app: &mut A, this: WlSurface) -> HandlerResult {
    let surface = app.server().data(this)?;
    let bytes = surface.region_bytes();
    let kept = std::mem::replace(&mut surface.kept, bytes);
    Ok(stored::keep(app, this.client(), kept, bytes)?)
}

/// The object by which a surface holds the pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    Lock(ZwpLockedPointerV1),
    Confinement(ZwpConfinedPointerV1),
}

wayline::carry!(enum Holder { 1 = Lock(this), 2 = Confinement(this) });

/// How a surface holds the pointer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holding {
    pub(crate) object: Holder,
    pub(crate) once: bool,
    /// Where its client shows the pointer.
    pub(crate) hint: Option<(f64, f64)>,
    /// What its region takes.
    pub(crate) bytes: u64,
}

wayline::carry!(struct Holding { object, once, hint, bytes });

/// What one commit, or several of a synchronised subsurface, change.
#[derive(Debug, Default)]
pub(crate) struct Commit {
    /// A new buffer, or none any more.
    pub(crate) content: Option<Option<Attached>>,
    pub(crate) view: View,
    pub(crate) changes: Changes,
}

wayline::carry!(struct Commit { content, view, changes });

/// Changes to the state of a surface.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) offset: (i32, i32),
    pub(crate) damage: Damage,
    pub(crate) frames: Vec<WlCallback>,
    pub(crate) feedback: Vec<WpPresentationFeedback>,
    pub(crate) opaque: Option<Rect>,
    pub(crate) input: Option<Option<Region>>,
    /// Where the pointer is held, and where it appears to be.
    pub(crate) constraint: Option<Option<Region>>,
    pub(crate) hint: Option<(f64, f64)>,
}

wayline::carry!(struct Changes { offset, damage, frames, feedback, opaque, input, constraint, hint });

impl Changes {
    /// Puts later changes on top.
    pub(crate) fn merge(&mut self, mut later: Changes) {
        self.offset.0 = self.offset.0.saturating_add(later.offset.0);
        self.offset.1 = self.offset.1.saturating_add(later.offset.1);
        self.damage.extend(later.damage.drain());
        self.frames.extend(later.frames);
        self.feedback.extend(later.feedback);
        self.opaque = later.opaque.or(self.opaque);
        self.input = later.input.or(self.input.take());
        self.constraint = later.constraint.or(self.constraint.take());
        self.hint = later.hint.or(self.hint);
    }
}

/// The state of a surface as of its last commit.
#[derive(Debug, Default)]
pub(crate) struct Current {
    pub(crate) attached: Option<Attached>,
    pub(crate) view: View,
    /// Where it takes input, as the desktop has it as well.
    pub(crate) input: Option<Region>,
    /// Size in surface coordinates; 0x0 without a buffer.
    pub(crate) size: (i32, i32),
}

wayline::carry!(struct Current { attached, view, input, size });
