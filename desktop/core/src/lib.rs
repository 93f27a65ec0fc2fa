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
//!
//! # Features
//! - `carry`: a desktop, and the values of this crate that an application keeps, go over to a successor of the process
//!   (`wayline::carry::Carry`).

#![cfg_attr(docsrs, feature(doc_cfg))]

mod arrange;
#[cfg(feature = "carry")]
mod carry;
mod constraint;
mod dock;
mod effect;
mod focus;
mod grab;
mod input;
mod lock;
mod placement;
mod pointer;
mod popup;
mod refresh;
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

use std::collections::{BTreeMap, VecDeque};

pub use constraint::Constraint;
pub use dock::{Dock, Edges};
pub use effect::{Effect, Scroll, ScrollSource};
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
use refresh::{BUDGET, Stale};
use scene::{Scene, View};
use surface::{Place, Surface, Surfaces};

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
    scene: Scene,
    surfaces: Surfaces<O, P>,
    /// The name of the latest surface. None comes back.
    latest: u64,
    /// How many surfaces have content.
    mapped: usize,
    /// What is on the screen, from bottom to top, and the pixels that each covers: they are searched wherever the pointer
    /// moves.
    shown: Vec<(SurfaceId, Rect)>,
    /// Windows with content, from bottom to top: those of a higher level are above all of a lower one.
    stack: BTreeMap<window_state::Key, SurfaceId>,
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
    stale: Stale,
}

impl<O: Owner, P: Pixels> Desktop<O, P> {
    /// An empty screen of a size in pixels.
    pub fn new(size: (u32, u32)) -> Self {
        Desktop {
            scene: Scene::new(size),
            surfaces: Surfaces::default(),
            latest: 0,
            mapped: 0,
            shown: Vec::new(),
            stack: BTreeMap::new(),
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
            stale: Stale::default(),
        }
    }

    /// A new surface, which belongs nowhere.
    pub fn add(&mut self, owner: O) -> SurfaceId {
        self.latest += 1;
        let id = SurfaceId(self.latest);
        self.surfaces.insert(id, Box::new(Surface::new(owner)));
        id
    }

    /// Removes a surface. Whoever has to leave it is told as if it were hidden. Returns the pixels it showed.
    pub fn remove(&mut self, id: SurfaceId) -> Option<P> {
        let pixels = self.set_content(id, None, &[]);
        self.detach(id);
        self.orphan(id);
        self.surfaces.remove(&id);
        if self.surfaces.len() < self.surfaces.capacity() / 4 {
            self.surfaces.shrink_to(2 * self.surfaces.len());
        }
        pixels
    }

    /// Whose surface it is.
    pub fn owner(&self, id: SurfaceId) -> Option<O> {
        self.surfaces.get(&id).map(|surface| surface.owner)
    }

    /// Gives a surface pixels, or takes them away: it is then not shown. `damage` is where they differ from those
    /// before; empty means everywhere. Returns the pixels that are not held any more.
    pub fn set_content(&mut self, id: SurfaceId, content: Option<Content<P>>, damage: &[Rect]) -> Option<P> {
        let Some(surface) = self.surfaces.get_mut(&id) else { return content.map(|content| content.pixels) };
        let (was_mapped, is_mapped) = (surface.is_mapped(), content.is_some());
        let pixels = self.scene.set_content(&mut surface.view, content, damage);
        if let Some(shown) = surface.view.rank.and_then(|rank| self.shown.get_mut(rank)) {
            shown.1 = surface.view.bounds();
        }
        match (was_mapped, is_mapped) {
            (false, false) => {}
            (true, true) => self.mark(Stale::Under),
            (false, true) => {
                self.mapped += 1;
                self.mark(Stale::Tree);
                self.appeared(id);
            }
            (true, false) => {
                surface.view.rank = None;
                self.mapped -= 1;
                self.unmapped(id);
            }
        }
        pixels
    }

    /// Says which part of a surface is surely opaque.
    pub fn set_opaque(&mut self, id: SurfaceId, opaque: Rect) {
        self.change_view(id, |view| view.opaque = opaque);
    }

    /// Says what is drawn around a surface.
    pub fn set_decoration(&mut self, id: SurfaceId, decoration: Decoration) {
        self.change_view(id, |view| view.decoration = decoration);
    }

    /// Says where a surface takes input; `None` is everywhere.
    pub fn set_input(&mut self, id: SurfaceId, input: Option<Region>) {
        if let Some(surface) = self.surfaces.get_mut(&id) {
            surface.input = input;
            self.mark(Stale::Under);
        }
    }

    fn change_view(&mut self, id: SurfaceId, change: impl FnOnce(&mut View<P>)) {
        if let Some(surface) = self.surfaces.get_mut(&id) {
            self.scene.change(&mut surface.view, change);
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
        let views: Vec<&View<P>> = self.shown.iter().filter_map(|(id, _)| Some(&self.surfaces.get(id)?.view)).collect();
        let (composed, broken) = self.scene.compose(&views);
        let broken = broken.into_iter().filter_map(|(at, error)| {
            let (id, covers) = &mut self.shown[at];
            let surface = self.surfaces.get_mut(id)?;
            (surface.view.broken, *covers) = (true, Rect::EMPTY);
            Some((surface.owner, error))
        });
        (composed, broken.collect())
    }

    /// Whether there is anything to draw, or to find out before that.
    pub fn is_changed(&self) -> bool {
        self.stale > Stale::Nothing || self.scene.is_damaged()
    }

    /// A surface with content, by what is known of its owner.
    pub fn find(&self, is_meant: impl Fn(O) -> bool) -> Option<SurfaceId> {
        let is_found = |surface: &Surface<O, P>| surface.is_mapped() && is_meant(surface.owner);
        self.surfaces.iter().find(|(_, surface)| is_found(surface)).map(|(id, _)| *id)
    }

    /// Whether any window is on the screen.
    pub fn has_windows(&self) -> bool {
        !self.stack.is_empty()
    }

    fn client(&self, id: SurfaceId) -> Option<O::Client> {
        self.owner(id).map(Owner::client)
    }

    fn window(&self, id: SurfaceId) -> Option<&window_state::Window> {
        self.surfaces.get(&id)?.window.as_deref()
    }

    fn window_mut(&mut self, id: SurfaceId) -> Option<&mut window_state::Window> {
        self.surfaces.get_mut(&id)?.window.as_deref_mut()
    }

    fn place(&self, id: SurfaceId) -> Place {
        self.surfaces.get(&id).map(|surface| surface.place).unwrap_or_default()
    }
}
