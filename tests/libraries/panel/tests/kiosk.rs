//! A compositor that takes windows from a library and panels into its own hands, and a client of the same kind.

mod support;

use desk_protocol::{DeskEntry, DeskOffer, DeskPanel, DeskShell, DeskWindow, desk_entry, desk_panel};
use desk_shell::{client as toolkit, server as shell};
use support::{connect, settle};
use wayline::{
    Client, EventHandler, HandlerResult, HasClient, HasServer, ObjectError, RequestHandler, Server, client, server,
};

/// Shows one window at a time.
struct Kiosk {
    server: Server<Kiosk>,
    shown: Option<DeskWindow>,
}

impl HasServer for Kiosk {
    fn server(&mut self) -> &mut Server<Kiosk> {
        &mut self.server
    }
}

impl server::Delegate<DeskShell> for Kiosk {
    type To = shell::Shell;
}
impl server::Delegate<DeskWindow> for Kiosk {
    type To = shell::Shell;
}
impl server::Delegate<DeskOffer> for Kiosk {
    type To = shell::Shell;
}

impl shell::Host for Kiosk {
    fn titled(&mut self, window: DeskWindow) {
        if let Some(before) = self.shown.replace(window).filter(|before| *before != window) {
            shell::close(self, before).unwrap();
        }
    }
}

impl RequestHandler<DeskPanel> for Kiosk {
    type Data = ();

    fn request(&mut self, _: DeskPanel, request: desk_panel::Request) -> HandlerResult {
        match request {
            desk_panel::Request::Show { id, window } => {
                let title = shell::title(self, window)?.to_uppercase();
                id.title(&mut self.server, &title)?;
                id.gone(&mut self.server)?;
            }
            desk_panel::Request::Launch { .. } | desk_panel::Request::Destroy => {}
        }
        Ok(())
    }
}

impl RequestHandler<DeskEntry> for Kiosk {
    type Data = ();

    fn request(&mut self, _: DeskEntry, request: desk_entry::Request) -> HandlerResult {
        match request {
            desk_entry::Request::Activate | desk_entry::Request::Destroy => Ok(()),
        }
    }
}

#[derive(Default)]
struct Seen {
    titles: Vec<String>,
    gone: u32,
}

struct Browser {
    client: Client<Browser>,
    seen: Seen,
}

impl HasClient for Browser {
    fn client(&mut self) -> &mut Client<Browser> {
        &mut self.client
    }
}

impl client::Delegate<DeskShell> for Browser {
    type To = toolkit::Toolkit;
}
impl client::Delegate<DeskWindow> for Browser {
    type To = toolkit::Toolkit;
}
impl client::Delegate<DeskOffer> for Browser {
    type To = toolkit::Toolkit;
}

impl toolkit::Host for Browser {}

impl EventHandler<DeskPanel> for Browser {
    type Data = ();

    fn event(&mut self, _: DeskPanel, event: desk_panel::Event) -> HandlerResult {
        match event {}
    }
}

impl EventHandler<DeskEntry> for Browser {
    type Data = ();

    fn event(&mut self, _: DeskEntry, event: desk_entry::Event<'_>) -> HandlerResult {
        match event {
            desk_entry::Event::Title { title } => self.seen.titles.push(title.to_owned()),
            desk_entry::Event::Gone => self.seen.gone += 1,
        }
        Ok(())
    }
}

fn kiosk() -> Kiosk {
    let mut server = Server::new();
    server.add_global::<DeskShell>(1).unwrap();
    server.add_global::<DeskPanel>(1).unwrap();
    Kiosk { server, shown: None }
}

#[test]
fn another_application_gives_the_same_library_another_policy() {
    let mut host = kiosk();
    let (mut guest, id) = connect(&mut host, |client| Browser { client, seen: Seen::default() });
    let first = toolkit::open(&mut guest, "first").unwrap();
    settle(&mut host, &mut guest, id);
    let ours = host.shown.unwrap();
    toolkit::open(&mut guest, "second").unwrap();
    settle(&mut host, &mut guest, id);
    assert_eq!(guest.client.data(first).unwrap().closes, 1, "this host leaves the window open");
    assert_eq!(shell::title(&mut host, ours), Ok("first"));
    toolkit::close(&mut guest, first).unwrap();
    settle(&mut host, &mut guest, id);
    assert_eq!(shell::title(&mut host, ours), Err(ObjectError::Gone));
}

#[test]
fn an_application_answers_itself_what_a_library_would() {
    let mut host = kiosk();
    let (mut guest, id) = connect(&mut host, |client| Browser { client, seen: Seen::default() });
    let window = toolkit::open(&mut guest, "title").unwrap();
    let panel: DeskPanel = guest.client.bind(1).unwrap();
    let entry = panel.show(&mut guest.client, window).unwrap();
    settle(&mut host, &mut guest, id);
    assert_eq!((guest.seen.titles.as_slice(), guest.seen.gone), (["TITLE".to_owned()].as_slice(), 1));
    assert!(!guest.client.is_alive(entry));
    assert_eq!(guest.client.ended(), None);
}
