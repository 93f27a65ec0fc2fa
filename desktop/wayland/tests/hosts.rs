//! A compositor that leaves out most of what it may, and a client, in one process: what the front end asks of its host.

use calloop::EventLoop;
use wayline::io::shm::Memory;
use wayline::{
    Client, ClientId, EventHandler, HandlerResult, HasClient, HasServer, MemoryLink, Server, client, server,
};
use wayline_desktop::{Desktop, Effect, Rect, SurfaceId};
use wayline_desktop_wayland::protocol::xdg_toplevel::State;
use wayline_desktop_wayland::protocol::{
    WlBuffer, WlCompositor, WlDataDevice, WlDataDeviceManager, WlDataOffer, WlDataSource, WlKeyboard, WlOutput,
    WlPointer, WlRegion, WlSeat, WlShm, WlShmPool, WlSurface, WlTouch, XdgPopup, XdgPositioner, XdgSurface,
    XdgToplevel, XdgWmBase, ZwpTextInputManagerV3, ZwpTextInputV3, wl_shm, xdg_surface, xdg_toplevel,
    zwp_text_input_v3,
};
use wayline_desktop_wayland::text_input::{self, Text};
use wayline_desktop_wayland::{self as wayland, Ask, Host, Offer, OfferError, Parts, Picture, WaylandOwner};

/// A compositor that gives each window a tile and permits nothing.
struct Tiny {
    server: Server<Tiny>,
    desktop: Desktop<WaylandOwner, Picture>,
    wayland: wayland::State<Tiny>,
    log: Vec<String>,
}

wayland::delegate!(Tiny);
wayland::delegate_text_input!(Tiny);

impl HasServer for Tiny {
    fn server(&mut self) -> &mut Server<Tiny> {
        &mut self.server
    }

    fn disconnected(&mut self, client: ClientId, _: &wayline::Disconnect) {
        wayland::disconnected(self, client);
    }
}

impl Host for Tiny {
    type Owner = WaylandOwner;
    type Picture = Picture;

    fn parts(&mut self) -> Parts<'_, Tiny> {
        Parts { server: &mut self.server, desktop: &mut self.desktop, wayland: &mut self.wayland }
    }

    fn deliver(&mut self, owner: WaylandOwner, effect: Effect) {
        wayland::deliver(self, owner.0, effect);
    }

    fn draw(&mut self) {
        wayland::draw(self);
    }

    fn window_added(&mut self, window: SurfaceId) {
        self.log.push("added".into());
        self.desktop.set_tile(window, Some(Rect::new(10, 20, 200, 100)));
    }

    fn window_removed(&mut self, _: SurfaceId) {
        self.log.push("removed".into());
    }

    fn permits(&mut self, _: SurfaceId, ask: Ask) -> bool {
        self.log.push(format!("{ask:?}"));
        false
    }

    fn text_field_changed(&mut self) {
        let field = text_input::field(self);
        let surrounding = field.and_then(|field| Some((field.surrounding.as_ref()?, field.changed_by_others)));
        let text = surrounding.map(|(around, by_others)| {
            let (before, after) = around.text.split_at(around.cursor);
            format!(" with {before}|{after}, changed by others: {by_others}")
        });
        let is_there = if field.is_some() { "field" } else { "no field" };
        self.log.push(is_there.to_owned() + &text.unwrap_or_default());
    }
}

/// A client that writes down what its windows are told, and agrees to it.
struct TestClient {
    client: Client<TestClient>,
    told: Vec<(i32, i32, Vec<u32>)>,
    texts: Vec<String>,
}

impl HasClient for TestClient {
    fn client(&mut self) -> &mut Client<TestClient> {
        &mut self.client
    }
}

impl EventHandler<XdgToplevel> for TestClient {
    type Data = ();

    fn event(&mut self, _: XdgToplevel, event: xdg_toplevel::Event<'_>) -> HandlerResult {
        if let xdg_toplevel::Event::Configure { width, height, states } = event {
            let states = states.as_chunks::<4>().0.iter().map(|state| u32::from_ne_bytes(*state)).collect();
            self.told.push((width, height, states));
        }
        Ok(())
    }
}

impl EventHandler<XdgSurface> for TestClient {
    type Data = ();

    fn event(&mut self, this: XdgSurface, event: xdg_surface::Event) -> HandlerResult {
        let xdg_surface::Event::Configure { serial } = event;
        Ok(this.ack_configure(&mut self.client, serial)?)
    }
}

impl EventHandler<ZwpTextInputV3> for TestClient {
    type Data = ();

    fn event(&mut self, _: ZwpTextInputV3, event: zwp_text_input_v3::Event<'_>) -> HandlerResult {
        self.texts.push(format!("{event:?}"));
        Ok(())
    }
}

macro_rules! ignore {
    ($($interface:ident),+) => {
        $(impl EventHandler<$interface> for TestClient {
            type Data = ();

            fn event(&mut self, _: $interface, _: <$interface as wayline::Interface>::Event<'_>) -> HandlerResult {
                Ok(())
            }
        })+
    };
}

ignore!(WlCompositor, WlSurface, WlRegion, WlShm, WlShmPool, WlBuffer, XdgWmBase, XdgPositioner, XdgPopup);
ignore!(WlSeat, WlPointer, WlKeyboard, WlTouch, WlOutput, ZwpTextInputManagerV3);
ignore!(WlDataDeviceManager, WlDataDevice, WlDataOffer, WlDataSource);

impl EventHandler<wayline::WlCallback> for TestClient {
    type Data = ();

    fn event(&mut self, _: wayline::WlCallback, _: wayline::protocol::wl_callback::Event) -> HandlerResult {
        Ok(())
    }
}

struct Pair {
    tiny: Tiny,
    guest: TestClient,
    id: ClientId,
    _events: EventLoop<'static, Tiny>,
}

impl Pair {
    fn new() -> Pair {
        let events = EventLoop::try_new().unwrap();
        let mut server = Server::new();
        let mut offer = Offer::default();
        wayland::announce(&mut server, &mut offer).unwrap();
        text_input::announce(&mut server, &mut offer).unwrap();
        wayland::announce_output(&mut server, &mut offer).unwrap();
        let wayland = wayland::State::new(events.handle());
        let mut tiny = Tiny { server, desktop: Desktop::new((640, 480)), wayland, log: Vec::new() };
        let (one, other) = MemoryLink::pair();
        let id = tiny.server.connect(one);
        let guest = TestClient { client: Client::new(other), told: Vec::new(), texts: Vec::new() };
        let mut pair = Pair { tiny, guest, id, _events: events };
        pair.pump();
        pair
    }

    /// Passes messages on until nobody has anything to say.
    fn pump(&mut self) {
        loop {
            client::finish_turn(&mut self.guest);
            let up = server::receive(&mut self.tiny, self.id);
            server::finish_turn(&mut self.tiny);
            if !client::receive(&mut self.guest) && !up {
                break;
            }
        }
        client::finish_turn(&mut self.guest);
        assert_eq!(self.guest.client.ended(), None);
    }

    fn window(&mut self) -> (WlSurface, XdgSurface, XdgToplevel) {
        self.window_of_version(5)
    }

    fn window_of_version(&mut self, version: u32) -> (WlSurface, XdgSurface, XdgToplevel) {
        let client = &mut self.guest.client;
        let compositor: WlCompositor = client.bind(1).unwrap();
        let name = client.globals().iter().find(|global| global.interface == "xdg_wm_base").unwrap().name;
        let base: XdgWmBase = client.bind_name(name, version).unwrap();
        let surface = compositor.create_surface(client).unwrap();
        let xdg = base.get_xdg_surface(client, surface).unwrap();
        let toplevel = xdg.get_toplevel(client).unwrap();
        surface.commit(client).unwrap();
        self.pump();
        (surface, xdg, toplevel)
    }

    fn show(&mut self, surface: WlSurface) {
        let memory = Memory::create("window", 10 * 10 * 4).unwrap();
        let client = &mut self.guest.client;
        let shm: WlShm = client.bind(1).unwrap();
        let pool = shm.create_pool(client, memory.try_clone_fd().unwrap(), 400).unwrap();
        let buffer = pool.create_buffer(client, 0, 10, 10, 40, wl_shm::Format::XRGB8888).unwrap();
        surface.attach(client, Some(buffer), 0, 0).unwrap();
        surface.commit(client).unwrap();
        self.pump();
    }

    fn log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.tiny.log)
    }

    fn told(&mut self) -> Vec<(i32, i32, Vec<u32>)> {
        std::mem::take(&mut self.guest.told)
    }
}

const TILE: [u32; 4] = [State::TILED_LEFT.0, State::TILED_RIGHT.0, State::TILED_TOP.0, State::TILED_BOTTOM.0];

#[test]
fn a_new_window_is_told_once_what_its_host_makes_of_it() {
    let mut pair = Pair::new();
    let (surface, ..) = pair.window();
    assert_eq!(pair.log(), ["added"]);
    assert_eq!(pair.told(), [(200, 100, TILE.to_vec())]);
    pair.show(surface);
    let id = pair.tiny.desktop.find(|_| true).unwrap();
    assert_eq!(pair.tiny.desktop.position(id), Some((10, 20)));
    pair.tiny.draw();
    assert_eq!(pair.tiny.desktop.frame().row(25, 9, 11)[1] & 0x00ff_ffff, 0);
}

#[test]
fn who_does_not_know_tiles_is_maximised_in_one() {
    let mut pair = Pair::new();
    pair.window_of_version(1);
    assert_eq!(pair.told(), [(200, 100, vec![State::MAXIMIZED.0])]);
    pair.window_of_version(2);
    assert_eq!(pair.told(), [(200, 100, TILE.to_vec())]);
}

#[test]
fn a_window_is_removed_once_for_each_time_it_is_added() {
    let mut pair = Pair::new();
    let (surface, xdg, toplevel) = pair.window();
    pair.show(surface);
    let client = &mut pair.guest.client;
    surface.attach(client, None, 0, 0).unwrap();
    surface.commit(client).unwrap();
    pair.pump();
    assert_eq!(pair.log(), ["added", "removed"], "hidden");
    surface.commit(&mut pair.guest.client).unwrap();
    pair.pump();
    assert_eq!(pair.log(), ["added"], "about to be shown again");
    let client = &mut pair.guest.client;
    toplevel.destroy(client).unwrap();
    xdg.destroy(client).unwrap();
    surface.destroy(client).unwrap();
    pair.pump();
    assert_eq!(pair.log(), ["removed"]);

    pair.window();
    pair.window();
    pair.tiny.server.disconnect(pair.id);
    server::finish_turn(&mut pair.tiny);
    assert_eq!(pair.log(), ["added", "added", "removed", "removed"], "its client is gone");
}

#[test]
fn what_is_not_permitted_is_answered_and_changes_nothing() {
    let mut pair = Pair::new();
    let (surface, _, toplevel) = pair.window();
    pair.show(surface);
    pair.told();
    toplevel.set_fullscreen(&mut pair.guest.client, None).unwrap();
    pair.pump();
    let active = [&[State::ACTIVATED.0], TILE.as_slice()].concat();
    assert_eq!(pair.told(), [(200, 100, active.clone())]);
    toplevel.unset_maximized(&mut pair.guest.client).unwrap();
    pair.pump();
    assert_eq!(pair.told(), [(200, 100, active)]);
    assert_eq!(pair.log(), ["added", "Fullscreen(true)", "Maximise(false)"]);
}

#[test]
fn a_host_writes_into_the_field_that_it_is_told_of() {
    let mut pair = Pair::new();
    let (surface, ..) = pair.window();
    pair.show(surface);
    pair.log();
    let client = &mut pair.guest.client;
    let (manager, seat): (ZwpTextInputManagerV3, WlSeat) = (client.bind(1).unwrap(), client.bind(1).unwrap());
    let input = manager.get_text_input(client, seat).unwrap();
    pair.pump();
    assert!(!text_input::write(&mut pair.tiny, &Text { insert: Some("lost"), ..Text::default() }));
    let client = &mut pair.guest.client;
    input.enable(client).unwrap();
    input.set_surrounding_text(client, "word", 2, 2).unwrap();
    input.set_text_change_cause(client, zwp_text_input_v3::ChangeCause::OTHER).unwrap();
    pair.pump();
    assert_eq!(pair.log(), [""; 0], "nothing is committed");
    input.commit(&mut pair.guest.client).unwrap();
    pair.pump();
    assert_eq!(pair.log(), ["field with wo|rd, changed by others: true"]);
    pair.guest.texts.clear();
    let text = Text { delete: (2, 0), insert: Some("cha"), composed: Some("ins"), cursor: Some((0, 3)) };
    assert!(text_input::write(&mut pair.tiny, &text));
    pair.pump();
    let expected = [
        "PreeditString { text: Some(\"ins\"), cursor_begin: 0, cursor_end: 3 }",
        "DeleteSurroundingText { before_length: 2, after_length: 0 }",
        "CommitString { text: Some(\"cha\") }",
        "Done { serial: 1 }",
    ];
    assert_eq!(pair.guest.texts, expected);
    let long = "x".repeat(4001);
    assert!(!text_input::write(&mut pair.tiny, &Text { insert: Some(&long), ..Text::default() }));
    input.disable(&mut pair.guest.client).unwrap();
    input.commit(&mut pair.guest.client).unwrap();
    pair.pump();
    assert_eq!(pair.log(), ["no field"]);
}

#[test]
fn devices_that_are_gone_make_room_for_others() {
    let mut pair = Pair::new();
    let client = &mut pair.guest.client;
    let (seat, manager): (WlSeat, WlDataDeviceManager) = (client.bind(5).unwrap(), client.bind(3).unwrap());
    for _ in 0..2 {
        // As many as there may be of each kind, and the seats one after the other.
        let mut devices = Vec::new();
        for _ in 0..256 {
            let client = &mut pair.guest.client;
            let (pointer, keyboard) = (seat.get_pointer(client).unwrap(), seat.get_keyboard(client).unwrap());
            let (output, another): (WlOutput, WlSeat) = (client.bind(3).unwrap(), client.bind(5).unwrap());
            let device = manager.get_data_device(client, seat).unwrap();
            another.release(client).unwrap();
            devices.push((pointer, keyboard, output, device));
        }
        pair.pump();
        for (pointer, keyboard, output, device) in devices {
            let client = &mut pair.guest.client;
            pointer.release(client).unwrap();
            keyboard.release(client).unwrap();
            output.release(client).unwrap();
            device.release(client).unwrap();
        }
        pair.pump();
    }
}

#[test]
fn an_offer_has_the_versions_that_were_asked_for_and_says_what_it_cannot_have() {
    let announce = |limits: &[(&str, u32)]| {
        let limits: Vec<_> = limits.iter().map(|(name, version)| ((*name).to_owned(), *version)).collect();
        let mut offer = Offer::limited(&limits);
        wayland::announce(&mut Server::<Tiny>::new(), &mut offer)?;
        offer.finish()
    };
    let newest = announce(&[]).unwrap();
    assert!(newest.contains(&("xdg_wm_base", 5)) && !newest.iter().any(|(name, _)| *name == "zxdg_shell_v6"));
    let limited = announce(&[("wl_seat", 0), ("xdg_wm_base", 2), ("zxdg_shell_v6", 1)]).unwrap();
    assert_eq!(
        limited[3..],
        [("xdg_wm_base", 2), ("zxdg_shell_v6", 1)],
        "nor is there anything to copy without a seat"
    );
    assert!(matches!(announce(&[("wl_shm", 9)]), Err(OfferError::TooNew { newest: 1, version: 9, .. })));
    assert!(matches!(announce(&[("wl_shn", 1)]), Err(OfferError::Unknown(_))));
}
