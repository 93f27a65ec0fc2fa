//! What the Wayland front end keeps beside the state of its objects: what belongs to a client is found through it.

use std::collections::{BTreeMap, HashMap, VecDeque};

use wayline::{ClientId, Interface};

use super::data::state::{Drag, Selection};
use super::protocol::{WlDataDevice, WlKeyboard, WlOutput, WlPointer, WlSeat, WlSurface, WlTouch};
use super::seat::keymap::Keys;

/// Serials of input events that a client may name: who answers an older one is too late.
const MAX_SERIALS: usize = 256;

/// Most objects of one kind that a client may have to be told by.
pub(super) const MAX_DEVICES: usize = 256;

/// State of the front end.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(super) clients: HashMap<ClientId, Client>,
    /// What the keys do, from when a client first asked for a keyboard.
    pub(super) keys: Option<Keys>,
    pub(super) selection: Selection,
    pub(super) controls: Vec<super::protocol::ZwlrDataControlDeviceV1>,
    pub(super) drag: Option<Drag>,
    /// Who the pointer is over, and the serial by which it was told.
    pub(super) entered: Option<(u32, ClientId)>,
    /// Surfaces with content that someone waits to be told of.
    pub(super) awaiting_frame: Vec<WlSurface>,
    /// Whether a window may show a buffer before its first configuration. The
    /// specification says no; the clients of WLCS 1.5 rely on it.
    pub(crate) early_buffers: bool,
}

/// What a client has to be told by, and what it was told.
#[derive(Debug, Default)]
pub(super) struct Client {
    pub(super) seats: Vec<WlSeat>,
    pub(super) keyboards: Vec<WlKeyboard>,
    pub(super) pointers: Vec<WlPointer>,
    pub(super) touches: Vec<WlTouch>,
    pub(super) outputs: Vec<WlOutput>,
    pub(super) data_devices: Vec<WlDataDevice>,
    /// How many of its surfaces are on layers.
    pub(super) layers: usize,
    /// Its surfaces on the screen, by their ids.
    pub(super) shown: BTreeMap<u32, WlSurface>,
    serials: VecDeque<u32>,
    /// What it is not told while it does not read: the latest of it is enough.
    pub(super) pending: Pending,
}

/// The latest of what a client that is behind was not told.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// Where the pointer is on a surface.
    pub(super) pointer: Option<(WlSurface, f64, f64)>,
    /// Where fingers are on surfaces.
    pub(super) fingers: Vec<(WlSurface, i32, f64, f64)>,
    /// Where what is dragged is.
    pub(super) drag: Option<(f64, f64)>,
    /// Whether there is something else to paste.
    pub(super) selection: bool,
}

impl State {
    pub(super) fn client(&mut self, object: impl Interface) -> &mut Client {
        self.clients.entry(object.client()).or_default()
    }

    /// A client is told of an input event.
    pub(super) fn give_serial(&mut self, serial: u32, client: ClientId) {
        let serials = &mut self.clients.entry(client).or_default().serials;
        if serials.len() == MAX_SERIALS {
            serials.pop_front();
        }
        serials.push_back(serial);
    }

    /// Whether a client was told of an input event with this serial.
    pub(super) fn was_given(&self, serial: u32, client: ClientId) -> bool {
        self.clients.get(&client).is_some_and(|client| client.serials.contains(&serial))
    }
}
