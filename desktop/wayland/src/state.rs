//! What the Wayland front end keeps beside the state of its objects: what belongs to a client is found through it.

use std::collections::{BTreeMap, HashMap, VecDeque};

use calloop::LoopHandle;
use wayline::io::shm::Policy;
use wayline::{ClientId, Interface, WlCallback};

use crate::capture::state::Captures;
use crate::clock::Clock;
use crate::data::state::{Drag, Selection};
use crate::protocol::{
    ExtSessionLockV1, WlDataDevice, WlKeyboard, WlOutput, WlPointer, WlSeat, WlSurface, WlTouch,
    ZwlrDataControlDeviceV1,
};
use crate::seat::keymap::Keys;

/// Serials of input events that a client may name: who answers an older one is too late.
const MAX_SERIALS: usize = 256;

/// Most objects of one kind that a client may have to be told by.
pub(crate) const MAX_DEVICES: usize = 256;

/// State of the front end.
pub struct State<A: 'static> {
    pub(crate) events: LoopHandle<'static, A>,
    pub(crate) clock: Clock,
    pub(crate) clients: HashMap<ClientId, Client>,
    quotas: HashMap<ClientId, Policy>,
    /// Frame callbacks that the next frame answers.
    pub(crate) frames: Vec<WlCallback>,
    /// What the keys do, from when a client first asked for a keyboard.
    pub(crate) keys: Option<Keys>,
    pub(crate) selection: Selection,
    pub(crate) controls: Controls<A>,
    pub(crate) drag: Option<Drag>,
    pub(crate) captures: Captures<A>,
    pub(crate) lock: Lock,
    /// Who the pointer is over, and the serial by which it was told.
    pub(crate) entered: Option<(u32, ClientId)>,
    /// Surfaces with content that someone waits to be told of.
    pub(crate) awaiting_frame: Vec<WlSurface>,
    /// Whether a window may show a buffer before its first configuration. The
    /// specification says no; the clients of WLCS 1.5 rely on it.
    pub early_buffers: bool,
}

/// The programs that manage clipboards.
pub(crate) struct Controls<A> {
    pub(crate) devices: Vec<ZwlrDataControlDeviceV1>,
    /// Tells one what was copied. There once one was made.
    pub(crate) tell: Option<fn(&mut A, ZwlrDataControlDeviceV1)>,
}

/// Who has locked the session.
#[derive(Debug, Default)]
pub(crate) struct Lock {
    /// Who may unlock it. The session can be locked without anybody: whoever has locked it is gone.
    pub(crate) holder: Option<ExtSessionLockV1>,
    /// Whether that waits to hear that nothing else is shown.
    pub(crate) pending: bool,
    /// Whether the session was locked before.
    pub(crate) took_over: bool,
}

/// What a client has to be told by, and what it was told.
#[derive(Debug, Default)]
pub(crate) struct Client {
    pub(crate) seats: Vec<WlSeat>,
    pub(crate) keyboards: Vec<WlKeyboard>,
    pub(crate) pointers: Vec<WlPointer>,
    pub(crate) touches: Vec<WlTouch>,
    pub(crate) outputs: Vec<WlOutput>,
    pub(crate) data_devices: Vec<WlDataDevice>,
    /// How many of its captures wait.
    pub(crate) captures: u32,
    /// How many of its surfaces are on layers.
    pub(crate) layers: usize,
    /// Its surfaces on the screen, by their ids.
    pub(crate) shown: BTreeMap<u32, WlSurface>,
    serials: VecDeque<u32>,
    /// What it is not told while it does not read: the latest of it is enough.
    pub(crate) pending: Pending,
}

/// The latest of what a client that is behind was not told.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    /// Where the pointer is on a surface.
    pub(crate) pointer: Option<(WlSurface, f64, f64)>,
    /// Where fingers are on surfaces.
    pub(crate) fingers: Vec<(WlSurface, i32, f64, f64)>,
    /// Where what is dragged is.
    pub(crate) drag: Option<(f64, f64)>,
    /// Whether there is something else to paste.
    pub(crate) selection: bool,
}

impl<A: 'static> State<A> {
    /// The state at the start. Timers for frames are put into the loop of `events`.
    pub fn new(events: LoopHandle<'static, A>) -> State<A> {
        State {
            events,
            clock: Clock::start(),
            clients: HashMap::new(),
            quotas: HashMap::new(),
            frames: Vec::new(),
            keys: None,
            selection: Selection::default(),
            controls: Controls { devices: Vec::new(), tell: None },
            drag: None,
            captures: Captures::default(),
            lock: Lock::default(),
            entered: None,
            awaiting_frame: Vec::new(),
            early_buffers: false,
        }
    }

    /// What a client may share with the compositor, and how much of it it does. Other front ends count there as well.
    pub fn quota(&mut self, client: ClientId) -> &mut Policy {
        self.quotas.entry(client).or_default()
    }

    /// A client is gone, and its objects are.
    pub(crate) fn forget(&mut self, client: ClientId) {
        self.clients.remove(&client);
        self.quotas.remove(&client);
    }

    pub(crate) fn client(&mut self, object: impl Interface) -> &mut Client {
        self.clients.entry(object.client()).or_default()
    }

    /// A client is told of an input event.
    pub(crate) fn give_serial(&mut self, serial: u32, client: ClientId) {
        let serials = &mut self.clients.entry(client).or_default().serials;
        if serials.len() == MAX_SERIALS {
            serials.pop_front();
        }
        serials.push_back(serial);
    }

    /// Whether a client was told of an input event with this serial.
    pub(crate) fn was_given(&self, serial: u32, client: ClientId) -> bool {
        self.clients.get(&client).is_some_and(|client| client.serials.contains(&serial))
    }
}
