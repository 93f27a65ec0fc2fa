//! A compositor with windows and panels of two libraries and an output of its own, and a client with the same libraries.

mod support;

use desk_panel::{client as strip, server as panel};
use desk_protocol::{
    DeskEntry, DeskOffer, DeskOutput, DeskPanel, DeskShell, DeskWindow, desk_output, desk_panel as api,
};
use desk_shell::{client as toolkit, server as shell};
use support::settle;
use wayline::{
    Client, ClientId, Disconnect, EventHandler, HandlerError, HandlerResult, HasClient, HasServer, ObjectError,
    RequestHandler, SendError, Server, client, server,
};

struct Desktop {
    server: Server<Desktop>,
    panels: panel::State,
    log: Vec<String>,
    windows: Vec<DeskWindow>,
    ended: Option<Disconnect>,
}

impl HasServer for Desktop {
    fn server(&mut self) -> &mut Server<Desktop> {
        &mut self.server
    }

    fn disconnected(&mut self, _: ClientId, reason: &Disconnect) {
        self.ended = Some(reason.clone());
    }
}

impl server::Delegate<DeskShell> for Desktop {
    type To = shell::Shell;
}
impl server::Delegate<DeskWindow> for Desktop {
    type To = shell::Shell;
}
impl server::Delegate<DeskOffer> for Desktop {
    type To = shell::Shell;
}
impl server::Delegate<DeskPanel> for Desktop {
    type To = panel::Panel;
}
impl server::Delegate<DeskEntry> for Desktop {
    type To = panel::Panel;
}

impl shell::Host for Desktop {
    fn titled(&mut self, window: DeskWindow) {
        let title = shell::title(self, window).unwrap().to_owned();
        self.log.push(format!("titled {title}"));
        self.windows.push(window);
        panel::titled(self, window);
    }

    fn accepted(&mut self, _: DeskWindow, text: &str) {
        self.log.push(format!("accepted {text}"));
    }

    fn window_destroyed(&mut self, window: DeskWindow, last: shell::Window) {
        self.log.push(format!("destroyed {}", last.title));
        panel::window_destroyed(self, window);
    }
}

impl panel::Host for Desktop {
    fn panels(&mut self) -> &mut panel::State {
        &mut self.panels
    }

    fn activated(&mut self, window: DeskWindow) {
        let title = self.server.data(window).unwrap().title.clone();
        self.log.push(format!("activated {title}"));
        shell::close(self, window).unwrap();
    }
}

impl RequestHandler<DeskOutput> for Desktop {
    type Data = u8;

    fn request(&mut self, _: DeskOutput, request: desk_output::Request) -> HandlerResult {
        match request {
            desk_output::Request::Destroy => Ok(()),
        }
    }

    fn bound(&mut self, this: DeskOutput, _: wayline::GlobalId) -> HandlerResult {
        Ok(this.size(&mut self.server, 640, 480)?)
    }
}

struct Viewer {
    client: Client<Viewer>,
    size: (i32, i32),
    gone: Vec<DeskEntry>,
}

impl HasClient for Viewer {
    fn client(&mut self) -> &mut Client<Viewer> {
        &mut self.client
    }
}

impl client::Delegate<DeskShell> for Viewer {
    type To = toolkit::Toolkit;
}
impl client::Delegate<DeskWindow> for Viewer {
    type To = toolkit::Toolkit;
}
impl client::Delegate<DeskOffer> for Viewer {
    type To = toolkit::Toolkit;
}
impl client::Delegate<DeskPanel> for Viewer {
    type To = strip::Strip;
}
impl client::Delegate<DeskEntry> for Viewer {
    type To = strip::Strip;
}

impl toolkit::Host for Viewer {
    fn close_requested(&mut self, window: DeskWindow) {
        toolkit::close(self, window).unwrap();
    }

    fn wants(&mut self, _: DeskWindow, text: &str) -> bool {
        text != "unwanted"
    }
}

impl strip::Host for Viewer {
    fn entry_gone(&mut self, entry: DeskEntry) {
        self.gone.push(entry);
    }
}

impl EventHandler<DeskOutput> for Viewer {
    type Data = ();

    fn event(&mut self, _: DeskOutput, event: desk_output::Event) -> HandlerResult {
        let desk_output::Event::Size { width, height } = event;
        self.size = (width, height);
        Ok(())
    }
}

struct Pair {
    host: Desktop,
    guest: Viewer,
    id: ClientId,
}

impl Pair {
    fn new() -> Pair {
        let mut server = Server::new();
        server.add_global::<DeskShell>(1).unwrap();
        server.add_global::<DeskPanel>(1).unwrap();
        server.add_global::<DeskOutput>(1).unwrap();
        let panels = panel::State::default();
        let mut host = Desktop { server, panels, log: Vec::new(), windows: Vec::new(), ended: None };
        let make = |client| Viewer { client, size: (0, 0), gone: Vec::new() };
        let (guest, id) = support::connect(&mut host, make);
        Pair { host, guest, id }
    }

    fn settle(&mut self) {
        settle(&mut self.host, &mut self.guest, self.id);
    }

    /// Opens a window and settles. Returns it as both know it.
    fn window(&mut self, title: &str) -> (DeskWindow, DeskWindow) {
        let theirs = toolkit::open(&mut self.guest, title).unwrap();
        self.settle();
        (theirs, *self.host.windows.last().unwrap())
    }

    fn log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.host.log)
    }
}

#[test]
fn requests_reach_the_module_of_a_library_and_its_host() {
    let mut pair = Pair::new();
    let (theirs, ours) = pair.window("first");
    assert_eq!(pair.log(), ["titled first"]);
    assert_eq!(shell::title(&mut pair.host, ours), Ok("first"));
    assert_eq!(pair.host.server.data(ours).unwrap().title, "first", "the application sees the library's state");
    let child = theirs.create_child(&mut pair.guest.client).unwrap();
    child.set_title(&mut pair.guest.client, "child").unwrap();
    pair.settle();
    let child = *pair.host.windows.last().unwrap();
    assert_eq!(pair.host.server.data(child).unwrap().parent, Some(ours));
}

#[test]
fn an_application_handles_its_own_interfaces_beside_those_of_libraries() {
    let mut pair = Pair::new();
    let output: DeskOutput = pair.guest.client.bind(1).unwrap();
    pair.settle();
    assert_eq!(pair.guest.size, (640, 480));
    output.destroy(&mut pair.guest.client).unwrap();
    pair.settle();
    assert_eq!(pair.host.ended, None);
}

#[test]
fn events_reach_the_module_of_a_client_library_and_its_host() {
    let mut pair = Pair::new();
    let (theirs, ours) = pair.window("a");
    shell::offer(&mut pair.host, ours, "unwanted").unwrap();
    pair.settle();
    assert_eq!(pair.guest.client.data(theirs).unwrap().offers, 1);
    shell::close(&mut pair.host, ours).unwrap();
    pair.settle();
    assert!(!pair.guest.client.is_alive(theirs), "the host has closed it");
    assert_eq!(pair.log(), ["titled a", "destroyed a"]);
}

#[test]
fn a_library_sends_constructor_and_destructor_events() {
    let mut pair = Pair::new();
    let (_, ours) = pair.window("a");
    let offer = shell::offer(&mut pair.host, ours, "text").unwrap();
    assert!(pair.host.server.is_alive(offer));
    pair.settle();
    assert_eq!(pair.log(), ["titled a", "accepted text"]);
    assert!(!pair.host.server.is_alive(offer), "ended by the library when it was accepted");
    assert_eq!(shell::withdraw(&mut pair.host, offer), Err(SendError::Gone));
    assert_eq!((&pair.host.ended, pair.guest.client.ended()), (&None, None));
}

#[test]
fn a_library_uses_the_objects_and_the_state_of_another_one() {
    let mut pair = Pair::new();
    let (theirs, ours) = pair.window("a");
    let panel = strip::make(&mut pair.guest).unwrap();
    let entry = strip::show(&mut pair.guest, panel, theirs).unwrap();
    pair.settle();
    assert_eq!(pair.host.panels.bound, 1);
    assert_eq!(pair.guest.client.data(entry).unwrap().title, "a");
    theirs.set_title(&mut pair.guest.client, "b").unwrap();
    pair.settle();
    assert_eq!(pair.guest.client.data(entry).unwrap().title, "b");
    entry.activate(&mut pair.guest.client).unwrap();
    pair.settle();
    assert_eq!(pair.log(), ["titled a", "titled b", "activated b", "destroyed b"]);
    assert_eq!(pair.guest.gone, [entry], "the panel hears of the window's end");
    assert!(!pair.guest.client.is_alive(entry));
    assert_eq!(pair.host.server.data(ours).err(), Some(ObjectError::Gone));
    assert_eq!(pair.host.ended, None);
}

#[test]
fn an_object_that_a_request_of_one_library_makes_is_handled_by_another() {
    let mut pair = Pair::new();
    let panel = strip::make(&mut pair.guest).unwrap();
    let window = panel.launch(&mut pair.guest.client).unwrap();
    let entry = strip::show(&mut pair.guest, panel, window).unwrap();
    pair.settle();
    assert_eq!(pair.guest.client.data(entry).unwrap().title, "launched");
    window.set_title(&mut pair.guest.client, "mine").unwrap();
    pair.settle();
    assert_eq!(pair.log(), ["titled mine"]);
}

#[test]
fn a_fault_in_the_module_of_a_library_ends_the_client() {
    let mut pair = Pair::new();
    let (theirs, _) = pair.window("a");
    let panel = strip::make(&mut pair.guest).unwrap();
    for _ in 0..2 {
        strip::show(&mut pair.guest, panel, theirs).unwrap();
    }
    pair.settle();
    let Some(Disconnect::Protocol(error)) = pair.guest.client.ended() else { panic!("no error") };
    assert_eq!((error.object, error.interface, error.code), (panel.id(), Some("desk_panel"), api::Error::SHOWN.0));
    assert_eq!(pair.log(), ["titled a", "destroyed a"], "and its objects are handed back to the libraries");
    assert!(HandlerError::protocol(panel, api::Error::SHOWN, "").to_string().contains("desk_panel"));
}
