//! The desktop of a compositor: which surfaces are shown, where, in which order, and who has the pointer, the keyboard
//! and the fingers. It composes the picture on the CPU.
//!
//! The crate knows rectangles, input and whose surface is whose. It knows no protocol, socket or event loop, and no
//! clock. Three kinds of calls go in: what clients ask for ([`Desktop::set_content`], [`Desktop::make_popup`], …), what
//! the user does ([`Desktop::input`]), and "now draw" ([`Desktop::compose`]). What clients have to hear comes out of
//! [`Desktop::next_effect`], in order, and the front end that knows the client's protocol translates it.
//!
//! A method that names a surface which was removed does nothing.
//!
//! ```
//! use wayline_desktop::{Action, Content, Decoration, Desktop, Effect, Layout, Owner, PixelFormat};
//!
//! // The application's name for a surface. Its client is what a grab or a serial belongs to.
//! #[derive(Clone, Copy, Debug, PartialEq, Eq)]
//! struct Window(u32);
//!
//! impl Owner for Window {
//!     type Client = u32;
//!
//!     fn client(self) -> u32 {
//!         self.0
//!     }
//! }
//!
//! # fn main() -> Result<(), wayline_desktop::LayoutError> {
//! let mut desktop: Desktop<Window, Vec<u8>> = Desktop::new((320, 240));
//!
//! // A client opens a window of 64 × 64 red pixels.
//! let id = desktop.add(Window(1));
//! desktop.make_window(id);
//! desktop.set_size(id, (64, 64));
//! let pixels: Vec<u8> = 0xffff_0000_u32.to_le_bytes().repeat(64 * 64);
//! let layout = Layout::packed(0, 64, 64, PixelFormat::ARGB8888)?;
//! desktop.set_content(id, Some(Content { pixels, layout }), &[]);
//! desktop.refresh();
//!
//! // The user moves the pointer onto it.
//! let (x, y) = desktop.position(id).unwrap();
//! desktop.input(Action::Move { x: f64::from(x + 10), y: f64::from(y + 10) });
//! let mut effects = std::iter::from_fn(|| desktop.next_effect());
//! assert!(effects.any(|(owner, effect)| {
//!     owner == Window(1) && matches!(effect, Effect::PointerEnter { x: 10.0, y: 10.0, .. })
//! }));
//!
//! // The picture has it.
//! let (composed, unreadable) = desktop.compose();
//! assert!(!composed.damage.is_empty() && unreadable.is_empty());
//! assert_eq!(desktop.frame().row(y, x, x + 64), [0xffff_0000; 64]);
//! # Ok(())
//! # }
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]

mod constraint;
mod dock;
mod effect;
mod focus;
mod grab;
mod input;
mod layout;
mod lock;
mod placement;
mod pointer;
mod popup;
mod region;
mod scene;
mod stack;
mod surface;
#[cfg(test)]
mod tests;
mod touch;
mod tree;
mod window;
mod window_state;

use std::collections::{HashMap, VecDeque};

pub use constraint::Constraint;
pub use dock::{Dock, Edge};
pub use effect::{Effect, Scroll, ScrollSource};
pub use grab::Edges;
pub use input::{Action, Touch};
pub use region::{MAX_RECTS, Region};
pub use scene::{
    AccessError, Composed, Content, Decoration, Frame, LARGE_BLOCK, Map, Mapped, Painted, Pixels, PixelsMut,
    SMALL_BLOCK, Turn,
};
pub use surface::SurfaceId;
pub use tree::{MAX_PARTS, TreeError};
pub use wayline_pixels::{BufferArgs, Damage, Layout, LayoutError, MAX_SIDE, PixelFormat, Rect};
pub use window::kept_title;
pub use window_state::{Keyboard, Shape};

use grab::{Grab, Lead};
use scene::{Scene, ViewId};
use stack::Stack;
use surface::{Place, Surface, Surfaces};

/// Surfaces that [`Desktop::refresh_early`] looks at between two frames, at most.
const BUDGET: usize = 8192;

/// Names a surface in its front end, and the client that it belongs to.
pub trait Owner: Copy + Eq {
    /// Names a client.
    type Client: Copy + Eq;

    /// Whose it is.
    fn client(self) -> Self::Client;
}

/// Surfaces, windows, and the seat before them. `O` says whose a surface is, `P` is the memory of pixels.
#[derive(Debug)]
pub struct Desktop<O: Owner, P> {
    scene: Scene<P>,
    surfaces: Surfaces<O>,
    views: HashMap<ViewId, SurfaceId>,
    stack: Stack,
    pointer: pointer::Pointer,
    keyboard: focus::Keys,
    touch: touch::Fingers,
    popups: Vec<popup::PopupGrab>,
    grab: Option<(Lead, Grab<O>)>,
    docks: Vec<SurfaceId>,
    /// Whether only windows that lock the screen are shown.
    locked: bool,
    /// Where windows are put.
    usable: Rect,
    /// The window that fills the screen and is above docks.
    covering: Option<SurfaceId>,
    effects: VecDeque<(Option<SurfaceId>, O, Effect)>,
    serial: u32,
    /// Surfaces that may still be looked at before the next frame.
    budget: usize,
    /// Surfaces that the latest refresh looked at, shown or not.
    looked_at: usize,
    /// Surfaces that were looked at, each time counted.
    #[cfg(test)]
    arranged: usize,
    /// What [`Desktop::refresh`] has to look at.
    docks_changed: bool,
    tree_changed: bool,
    under_changed: bool,
}

impl<O: Owner, P: Pixels> Desktop<O, P> {
    /// An empty screen of a size in pixels.
    pub fn new(size: (u32, u32)) -> Self {
        Desktop {
            scene: Scene::new(size),
            surfaces: Surfaces::default(),
            views: HashMap::new(),
            stack: Stack::default(),
            pointer: pointer::Pointer::default(),
            keyboard: focus::Keys::default(),
            touch: touch::Fingers::default(),
            popups: Vec::new(),
            grab: None,
            docks: Vec::new(),
            locked: false,
            usable: Rect::of_size(size),
            covering: None,
            effects: VecDeque::new(),
            serial: 0,
            budget: BUDGET,
            looked_at: 0,
            #[cfg(test)]
            arranged: 0,
            docks_changed: false,
            tree_changed: false,
            under_changed: false,
        }
    }

    /// A new surface, which belongs nowhere.
    pub fn add(&mut self, owner: O) -> SurfaceId {
        self.surfaces.insert(Surface::new(owner))
    }

    /// Removes a surface. Whoever has to leave it is told as if it were hidden. Returns the pixels it showed.
    pub fn remove(&mut self, id: SurfaceId) -> Option<P> {
        let pixels = self.set_content(id, None, &[]);
        self.detach(id);
        self.orphan(id);
        self.surfaces.remove(id);
        pixels
    }

    /// Whose surface it is.
    pub fn owner(&self, id: SurfaceId) -> Option<O> {
        self.surfaces.get(id).map(|surface| surface.owner)
    }

    /// Gives a surface pixels, or takes them away: it is then not shown. `damage` is where they differ from those
    /// before; empty means everywhere. Returns the pixels that are not held any more.
    pub fn set_content(&mut self, id: SurfaceId, content: Option<Content<P>>, damage: &[Rect]) -> Option<P> {
        let Some(surface) = self.surfaces.get_mut(id) else { return content.map(|content| content.pixels) };
        match (surface.view, content) {
            (None, None) => None,
            (None, Some(content)) => {
                let view = self.scene.add((0, 0), surface.decoration);
                self.scene.set_opaque(view, surface.opaque);
                surface.view = Some(view);
                self.scene.hide(view);
                self.scene.set_content(view, Some(content), &[]);
                self.views.insert(view, id);
                self.tree_changed = true;
                self.appeared(id);
                None
            }
            (Some(view), Some(content)) => {
                self.under_changed = true;
                self.scene.set_content(view, Some(content), damage)
            }
            (Some(view), None) => {
                surface.view = None;
                self.views.remove(&view);
                let pixels = self.scene.remove(view);
                self.unmapped(id);
                pixels
            }
        }
    }

    /// Says which part of a surface is surely opaque.
    pub fn set_opaque(&mut self, id: SurfaceId, opaque: Rect) {
        if let Some(surface) = self.surfaces.get_mut(id) {
            surface.opaque = opaque;
            if let Some(view) = surface.view {
                self.scene.set_opaque(view, opaque);
            }
        }
    }

    /// Says what is drawn around a surface.
    pub fn set_decoration(&mut self, id: SurfaceId, decoration: Decoration) {
        if let Some(surface) = self.surfaces.get_mut(id) {
            surface.decoration = decoration;
            if let Some(view) = surface.view {
                self.scene.set_decoration(view, decoration);
            }
        }
    }

    /// Says where a surface takes input; `None` is everywhere.
    pub fn set_input(&mut self, id: SurfaceId, input: Option<Region>) {
        if let Some(surface) = self.surfaces.get_mut(id) {
            surface.input = input;
            self.under_changed = true;
        }
    }

    /// The next thing to tell the owner of a surface.
    pub fn next_effect(&mut self) -> Option<(O, Effect)> {
        while let Some((surface, owner, effect)) = self.effects.pop_front() {
            let Some(id) = surface else { return Some((owner, effect)) };
            if effect == Effect::Configure
                && let Some(window) = self.window_mut(id)
            {
                window.is_queued = false;
            }
            if self.surfaces.get(id).is_some() {
                return Some((owner, effect));
            }
        }
        None
    }

    /// As [`Desktop::refresh`], for what one request changed, so that its client hears of that before it hears anything
    /// else. Does nothing if all requests since the last frame together would cost too much: then it is put off to the
    /// next one.
    pub fn refresh_early(&mut self) {
        if self.is_stale() {
            let docks = if self.docks_changed { self.docks.len() } else { 0 };
            let cost = self.views.len().max(self.looked_at) + docks + 1;
            if let Some(left) = self.budget.checked_sub(cost) {
                self.refresh();
                self.budget = left;
            }
        }
    }

    /// Brings places, focus and picture up to date with what was changed, once for all of it: before the user acts, and
    /// before the screen is drawn.
    pub fn refresh(&mut self) {
        if std::mem::take(&mut self.docks_changed) {
            self.arrange_docks();
        }
        if std::mem::take(&mut self.tree_changed) {
            self.arrange();
            self.under_changed = true;
        }
        if std::mem::take(&mut self.under_changed) {
            self.update_pointer_focus();
            self.update_constraint();
            self.follow_fingers();
        }
    }

    /// The picture as of the last [`Desktop::compose`].
    pub fn frame(&self) -> &Frame {
        self.scene.frame()
    }

    /// Draws what changed; names the surfaces whose memory could not be read.
    pub fn compose(&mut self) -> (Composed, Vec<(O, AccessError)>) {
        self.refresh();
        self.budget = BUDGET;
        let composed = self.scene.compose();
        let owner = |view: &ViewId| self.views.get(view).and_then(|id| self.owner(*id));
        let broken = composed.broken.iter().filter_map(|(view, error)| Some((owner(view)?, *error))).collect();
        (composed, broken)
    }

    /// Whether there is anything to draw, or to find out before that.
    pub fn is_changed(&self) -> bool {
        self.is_stale() || self.scene.is_damaged()
    }

    fn is_stale(&self) -> bool {
        self.docks_changed || self.tree_changed || self.under_changed
    }

    /// A surface, by what is known of its owner.
    pub fn find(&self, is_meant: impl Fn(O) -> bool) -> Option<SurfaceId> {
        self.views.values().copied().find(|id| self.owner(*id).is_some_and(&is_meant))
    }

    /// Whether any window is on the screen.
    pub fn has_windows(&self) -> bool {
        self.stack.iter().next().is_some()
    }

    /// The next serial of an event.
    pub fn next_serial(&mut self) -> u32 {
        self.serial = self.serial.wrapping_add(1);
        self.serial
    }

    fn push(&mut self, id: SurfaceId, effect: Effect) {
        if let Some(owner) = self.owner(id) {
            self.effects.push_back((Some(id), owner, effect));
        }
    }

    fn client(&self, id: SurfaceId) -> Option<O::Client> {
        self.owner(id).map(Owner::client)
    }

    fn window(&self, id: SurfaceId) -> Option<&window_state::Window> {
        self.surfaces.get(id)?.window.as_deref()
    }

    fn window_mut(&mut self, id: SurfaceId) -> Option<&mut window_state::Window> {
        self.surfaces.get_mut(id)?.window.as_deref_mut()
    }

    fn place(&self, id: SurfaceId) -> Place {
        self.surfaces.get(id).map(|surface| surface.place).unwrap_or_default()
    }
}
