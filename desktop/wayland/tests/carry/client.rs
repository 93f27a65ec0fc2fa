//! A client that writes down all that it hears.

use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

use wayline::{Client, EventHandler, HandlerResult, HasClient, Interface};
use wayline_desktop_wayland::protocol::*;

pub(crate) struct TestClient {
    pub(crate) client: Client<TestClient>,
    pub(crate) name: &'static str,
    /// What it heard, in order. Times are left out.
    pub(crate) log: Vec<String>,
    /// Whether it acknowledges configurations.
    pub(crate) acks: bool,
    /// The latest serials by what they came with: configurations, and events of input.
    pub(crate) configured: u32,
    pub(crate) serial: u32,
    /// What it was offered last, in each of the ways.
    pub(crate) offer: Option<WlDataOffer>,
    pub(crate) primary: Option<ZwpPrimarySelectionOfferV1>,
    pub(crate) control: Option<ZwlrDataControlOfferV1>,
    /// The screen, for who arranges it.
    pub(crate) head: Option<ZwlrOutputHeadV1>,
    pub(crate) mode: Option<ZwlrOutputModeV1>,
}

impl HasClient for TestClient {
    fn client(&mut self) -> &mut Client<TestClient> {
        &mut self.client
    }
}

impl TestClient {
    pub(crate) fn new(name: &'static str, socket: UnixStream) -> TestClient {
        TestClient {
            client: Client::from_socket(OwnedFd::from(socket)),
            name,
            log: Vec::new(),
            acks: true,
            configured: 0,
            serial: 0,
            offer: None,
            primary: None,
            control: None,
            head: None,
            mode: None,
        }
    }

    fn note(&mut self, event: String) {
        let mut text = event;
        // What no two runs have in common.
        for name in ["time: ", "callback_data: ", "fd: ", "utime_lo: ", "tv_nsec: ", "tv_sec_lo: ", "seq_lo: "] {
            if let Some(at) = text.find(name) {
                let end = text[at..].find([',', '}']).map_or(text.len(), |end| at + end);
                text.replace_range(at..end, name.trim_end());
            }
        }
        self.log.push(text);
    }

    /// Whether it heard this since its log was emptied, as the name of an interface and of an event.
    pub(crate) fn heard(&self, what: &str) -> usize {
        self.log.iter().filter(|event| event.starts_with(what)).count()
    }

    pub(crate) fn bind<I: wayline::Dispatch<TestClient, wayline::ClientRole>>(&mut self) -> I {
        self.client.bind_at_most(I::SPEC.version).unwrap()
    }
}

/// Gives away what it has to whoever asks.
fn give(kind: &str, fd: OwnedFd) {
    UnixStream::from(fd).write_all(format!("some {kind}").as_bytes()).unwrap();
}

macro_rules! handle {
    ($($interface:ident $(: |$guest:ident, $this:ident, $event:ident| $act:block)?),+ $(,)?) => {
        $(impl EventHandler<$interface> for TestClient {
            type Data = ();

            fn event(&mut self, this: $interface, event: <$interface as Interface>::Event<'_>) -> HandlerResult {
                self.note(format!("{this} {event:?}"));
                $({
                    let ($guest, $this, $event) = (&mut *self, this, event);
                    $act
                })?
                let _ = this;
                Ok(())
            }
        })+
    };
}

handle! {
    WlCompositor, WlSubcompositor, WlSubsurface, WlSurface, WlRegion, WlShm, WlShmPool, WlBuffer, WlOutput, WlSeat,
    WlDataDeviceManager, XdgPositioner, XdgToplevel, XdgPopup, WlTouch,
    XdgWmBase: |guest, this, event| {
        let xdg_wm_base::Event::Ping { serial } = event;
        this.pong(&mut guest.client, serial)?;
    },
    XdgSurface: |guest, this, event| {
        let xdg_surface::Event::Configure { serial } = event;
        guest.configured = serial;
        if guest.acks {
            this.ack_configure(&mut guest.client, serial)?;
        }
    },
    WlPointer: |guest, _this, event| {
        if let wl_pointer::Event::Enter { serial, .. } | wl_pointer::Event::Button { serial, .. } = event {
            guest.serial = serial;
        }
    },
    WlKeyboard: |guest, _this, event| {
        if let wl_keyboard::Event::Enter { serial, .. } | wl_keyboard::Event::Key { serial, .. } = event {
            guest.serial = serial;
        }
    },
    WlDataDevice: |guest, _this, event| {
        if let wl_data_device::Event::DataOffer { id } = event {
            guest.offer = Some(id);
        }
    },
    WlDataOffer,
    WlDataSource: |_guest, _this, event| {
        if let wl_data_source::Event::Send { mime_type, fd } = event {
            give(mime_type, fd);
        }
    },
    ZwpPrimarySelectionDeviceManagerV1,
    ZwpPrimarySelectionDeviceV1: |guest, _this, event| {
        if let zwp_primary_selection_device_v1::Event::DataOffer { offer } = event {
            guest.primary = Some(offer);
        }
    },
    ZwpPrimarySelectionOfferV1,
    ZwpPrimarySelectionSourceV1: |_guest, _this, event| {
        if let zwp_primary_selection_source_v1::Event::Send { mime_type, fd } = event {
            give(mime_type, fd);
        }
    },
    ZwlrDataControlManagerV1,
    ZwlrDataControlDeviceV1: |guest, _this, event| {
        if let zwlr_data_control_device_v1::Event::DataOffer { id } = event {
            guest.control = Some(id);
        }
    },
    ZwlrDataControlOfferV1,
    ZwlrDataControlSourceV1: |_guest, _this, event| {
        if let zwlr_data_control_source_v1::Event::Send { mime_type, fd } = event {
            give(mime_type, fd);
        }
    },
    ZwlrLayerShellV1,
    ZwlrLayerSurfaceV1: |guest, this, event| {
        if let zwlr_layer_surface_v1::Event::Configure { serial, .. } = event {
            this.ack_configure(&mut guest.client, serial)?;
        }
    },
    ExtSessionLockManagerV1, ExtSessionLockV1,
    ExtSessionLockSurfaceV1: |guest, this, event| {
        let ext_session_lock_surface_v1::Event::Configure { serial, .. } = event;
        this.ack_configure(&mut guest.client, serial)?;
    },
    WlShell, WlShellSurface: |guest, this, event| {
        if let wl_shell_surface::Event::Ping { serial } = event {
            this.pong(&mut guest.client, serial)?;
        }
    },
    WpViewporter, WpViewport, WpSinglePixelBufferManagerV1, WpPresentation, WpPresentationFeedback,
    ZwlrScreencopyManagerV1, ZwlrScreencopyFrameV1, ExtOutputImageCaptureSourceManagerV1, ExtImageCaptureSourceV1,
    ExtImageCopyCaptureManagerV1, ExtImageCopyCaptureSessionV1, ExtImageCopyCaptureFrameV1,
    ExtImageCopyCaptureCursorSessionV1, ZwpVirtualKeyboardManagerV1, ZwpVirtualKeyboardV1,
    ZwlrVirtualPointerManagerV1, ZwlrVirtualPointerV1, ZwpTextInputManagerV3, ZwpTextInputV3,
    ZwpPointerConstraintsV1, ZwpLockedPointerV1, ZwpConfinedPointerV1, ZwpRelativePointerManagerV1,
    ZwpRelativePointerV1, ZxdgDecorationManagerV1, ZxdgToplevelDecorationV1, ZxdgOutputManagerV1, ZxdgOutputV1,
    ZwlrOutputManagerV1: |guest, _this, event| {
        if let zwlr_output_manager_v1::Event::Head { head } = event {
            guest.head = Some(head);
        }
    },
    ZwlrOutputHeadV1: |guest, _this, event| {
        if let zwlr_output_head_v1::Event::Mode { mode } = event {
            guest.mode = Some(mode);
        }
    },
    ZwlrOutputModeV1, ZwlrOutputConfigurationV1, ZwlrOutputConfigurationHeadV1,
}

impl EventHandler<wayline::WlCallback> for TestClient {
    type Data = ();

    fn event(&mut self, this: wayline::WlCallback, event: wayline::protocol::wl_callback::Event) -> HandlerResult {
        self.note(format!("{this} {event:?}"));
        Ok(())
    }
}
