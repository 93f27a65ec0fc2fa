//! What the Wayland front end keeps beside the state of its objects: what belongs to a client is found through it.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::mem::discriminant;

use calloop::LoopHandle;
use wayline::carry::{CarryError, Loader, Refusal, Saver};
use wayline::{ClientId, Interface, WlCallback};

use crate::capture::state::{Answer, Captures};
use crate::clock::Clock;
use crate::data::state::{Drag, Holder, Selection, Which};
use crate::protocol::{
    ExtImageCopyCaptureFrameV1, ExtSessionLockV1, WlDataDevice, WlKeyboard, WlOutput, WlPointer, WlSeat, WlSurface,
    WlTouch, ZwlrDataControlDeviceV1, ZwlrScreencopyFrameV1, ZwpPrimarySelectionDeviceV1, ZwpRelativePointerV1,
    ZwpTextInputV3,
};
use crate::seat::keymap::Typist;
use crate::seat::keys::Keys;
use wayline_desktop::Effect;

/// Serials of input events that a client may name: who answers an older one is too late.
const MAX_SERIALS: usize = 256;

/// The form in which it goes over to another process.
const FORM: u32 = 1;

/// State of the front end.
pub struct State<A: 'static> {
    pub(crate) events: LoopHandle<'static, A>,
    pub(crate) clock: Clock,
    pub(crate) clients: HashMap<ClientId, Client>,
    /// Frame callbacks that the next frame answers, those of other front ends among them.
    pub frames: Vec<WlCallback>,
    /// What the keys do, from when a client first asked for a keyboard.
    pub(crate) keys: Option<Keys>,
    /// The program that was the last to use the keyboard, if the user was not.
    pub(crate) typist: Option<Typist>,
    /// How many keymaps programs have brought.
    pub(crate) keymaps: u64,
    /// The two things to paste, by [`Which`].
    selections: [Selection; 2],
    /// Tells a client what was selected. There once one of them wanted to know.
    pub(crate) send_primary: Option<fn(&mut A, ClientId)>,
    /// The programs that manage clipboards.
    pub(crate) controls: Vec<ZwlrDataControlDeviceV1>,
    /// Tells one what there is to paste. There once one was made.
    pub(crate) send_to_control: Option<fn(&mut A, ZwlrDataControlDeviceV1, Which)>,
    /// The text input whose client has a field for text.
    pub(crate) text_field: Option<ZwpTextInputV3>,
    /// Tells a client that a surface of it has the keyboard, or has it no more. There once one of them has text inputs.
    pub(crate) update_text_inputs: Option<fn(&mut A, WlSurface, bool)>,
    pub(crate) drag: Option<Drag>,
    pub(crate) captures: Captures,
    /// Tell clients what has become of their pictures. There once one of them asked for any.
    pub(crate) answer_screencopy: Option<Answer<A, ZwlrScreencopyFrameV1>>,
    pub(crate) answer_image_copy: Option<Answer<A, ExtImageCopyCaptureFrameV1>>,
    pub(crate) lock: Lock,
    /// Who the pointer is over, and the serial by which it was told.
    pub(crate) entered: Option<(u32, ClientId)>,
    /// Surfaces with content that someone waits to be told of.
    pub(crate) awaiting_frame: Vec<WlSurface>,
    /// Whether a window may show a buffer before its first configuration. The
    /// specification says no; the clients of WLCS 1.5 rely on it.
    pub early_buffers: bool,
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

wayline::carry!(struct Lock { holder, pending, took_over });

/// What a client has to be told by, and what it was told.
#[derive(Debug, Default)]
pub(crate) struct Client {
    pub(crate) seats: Vec<WlSeat>,
    pub(crate) keyboards: Vec<WlKeyboard>,
    pub(crate) pointers: Vec<WlPointer>,
    pub(crate) relative_pointers: Vec<ZwpRelativePointerV1>,
    pub(crate) touches: Vec<WlTouch>,
    pub(crate) outputs: Vec<WlOutput>,
    pub(crate) data_devices: Vec<WlDataDevice>,
    pub(crate) primary_devices: Vec<ZwpPrimarySelectionDeviceV1>,
    pub(crate) text_inputs: Vec<ZwpTextInputV3>,
    /// How many keyboards and pointers it plays.
    pub(crate) played: usize,
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

wayline::carry! {
    struct Client {
        seats, keyboards, pointers, relative_pointers, touches, outputs, data_devices, primary_devices, text_inputs, played,
        captures, layers, shown, serials, pending,
    }
}

/// The latest of what a client that is behind was not told.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    /// Where the pointer, each finger and what is dragged are on surfaces, and how far the pointer was moved.
    pub(crate) motions: Vec<(WlSurface, Effect)>,
    /// Whether there is something else to paste, by [`Which`].
    pub(crate) pastes: [bool; 2],
}

wayline::carry!(struct Pending { motions, pastes });

impl Pending {
    /// Something has moved again: of what moved before only how far counts.
    pub(crate) fn replace_motion(&mut self, surface: WlSurface, mut latest: Effect) {
        self.motions.retain(|(_, earlier)| match (earlier, &mut latest) {
            (Effect::PointerMovedBy { dx, dy }, Effect::PointerMovedBy { dx: all_x, dy: all_y }) => {
                (*all_x, *all_y) = (*all_x + dx, *all_y + dy);
                false
            }
            (Effect::TouchMotion { id, .. }, Effect::TouchMotion { id: other, .. }) => id != other,
            (earlier, latest) => discriminant(earlier) != discriminant(latest),
        });
        self.motions.push((surface, latest));
    }
}

impl<A: 'static> State<A> {
    /// The state at the start. Timers for frames are put into the loop of `events`.
    pub fn new(events: LoopHandle<'static, A>) -> State<A> {
        State {
            events,
            clock: Clock::start(),
            clients: HashMap::new(),
            frames: Vec::new(),
            keys: None,
            typist: None,
            keymaps: 0,
            selections: Default::default(),
            send_primary: None,
            controls: Vec::new(),
            send_to_control: None,
            text_field: None,
            update_text_inputs: None,
            drag: None,
            captures: Captures::default(),
            answer_screencopy: None,
            answer_image_copy: None,
            lock: Lock::default(),
            entered: None,
            awaiting_frame: Vec::new(),
            early_buffers: false,
        }
    }

    /// Writes all of it, between two turns.
    ///
    /// # Errors
    /// [`Refusal`] if something cannot go over: there is no descriptor or memory left for what has to be copied.
    pub fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        let State { events: _, clock, clients, frames, keys, typist, keymaps, selections, .. } = self;
        let State { controls, text_field, drag, captures, lock, entered, awaiting_frame, early_buffers, .. } = self;
        // What the modules put in is put in by them again.
        let State { send_primary: _, send_to_control: _, update_text_inputs: _, .. } = self;
        let State { answer_screencopy: _, answer_image_copy: _, .. } = self;
        saver.put(&FORM)?;
        saver.put(clock)?;
        // In an order, so that equal states are equal bytes.
        let mut clients: Vec<_> = clients.iter().collect();
        clients.sort_unstable_by_key(|(client, _)| client.number());
        saver.put(&(clients.len() as u32))?;
        for (client, known) in clients {
            saver.put(client)?;
            saver.put(known)?;
        }
        saver.put(frames)?;
        saver.put(keys)?;
        saver.put(typist)?;
        saver.put(keymaps)?;
        saver.put(selections)?;
        saver.put(controls)?;
        saver.put(text_field)?;
        saver.put(drag)?;
        saver.put(captures)?;
        saver.put(lock)?;
        saver.put(entered)?;
        saver.put(awaiting_frame)?;
        saver.put(early_buffers)
    }

    /// Reads what [`State::save`] wrote; as [`State::new`] otherwise. The application calls it where it loads itself, and has
    /// a carrier with [`carry`](crate::carry) and the functions of that name of the modules that it serves.
    ///
    /// # Errors
    /// [`CarryError`] if what was written is something else.
    pub fn load(events: LoopHandle<'static, A>, loader: &mut Loader<'_>) -> Result<State<A>, CarryError> {
        if loader.get::<u32>()? != FORM {
            return Err(CarryError::Damaged { what: "a front end in a form that is not known" });
        }
        let mut state = State { clock: loader.get()?, ..State::new(events) };
        for _ in 0..loader.get::<u32>()? {
            let (client, known): (ClientId, Client) = loader.get()?;
            // Some have ended meanwhile, and are all nobody.
            if client.number() != 0 {
                state.clients.insert(client, known);
            }
        }
        state.frames = loader.get()?;
        state.keys = loader.get()?;
        state.typist = loader.get()?;
        state.keymaps = loader.get()?;
        state.selections = loader.get()?;
        state.controls = loader.get()?;
        state.text_field = loader.get()?;
        state.drag = loader.get()?;
        state.captures = loader.get()?;
        state.lock = loader.get()?;
        state.entered = loader.get()?;
        state.awaiting_frame = loader.get()?;
        state.early_buffers = loader.get()?;
        if state.keymaps > u64::MAX / 2 {
            return Err(CarryError::Damaged { what: "keymaps that nobody brought" });
        }
        Ok(state)
    }

    /// One of the two things to paste.
    pub(crate) fn selection(&mut self, which: Which) -> &mut Selection {
        &mut self.selections[which as usize]
    }

    /// What somebody is the source of.
    pub(crate) fn held_by(&self, holder: Holder) -> Option<&Selection> {
        self.selections.iter().find(|selection| selection.holder == Some(holder))
    }

    pub(crate) fn client(&mut self, object: impl Interface) -> &mut Client {
        self.clients.entry(object.client()).or_default()
    }

    /// A client is told of an input event.
    pub(crate) fn give_serial(&mut self, serial: u32, client: ClientId) {
        let serials = &mut self.clients.entry(client).or_default().serials;
        if serials.len() >= MAX_SERIALS {
            serials.pop_front();
        }
        serials.push_back(serial);
    }

    /// Whether a client was told of an input event with this serial.
    pub(crate) fn was_given(&self, serial: u32, client: ClientId) -> bool {
        self.clients.get(&client).is_some_and(|client| client.serials.contains(&serial))
    }
}
