//! A compositor that shows its clients' windows as windows of another compositor: server and client in one program, with
//! the same libraries on both sides.

mod support;

use std::collections::BTreeMap;

use desk_protocol::{DeskOffer, DeskShell, DeskWindow};
use desk_shell::{client as toolkit, server as shell};
use support::settle;
use wayline::{Client, ClientId, HasClient, HasServer, MemoryLink, ObjectError, SendError, Server, client, server};

struct Nested {
    server: Server<Nested>,
    client: Client<Nested>,
    /// What shows a window of a client.
    outer: BTreeMap<DeskWindow, DeskWindow>,
}

impl HasServer for Nested {
    fn server(&mut self) -> &mut Server<Nested> {
        &mut self.server
    }
}

impl HasClient for Nested {
    fn client(&mut self) -> &mut Client<Nested> {
        &mut self.client
    }
}

impl server::Delegate<DeskShell> for Nested {
    type To = shell::Shell;
}
impl server::Delegate<DeskWindow> for Nested {
    type To = shell::Shell;
}
impl server::Delegate<DeskOffer> for Nested {
    type To = shell::Shell;
}
impl client::Delegate<DeskShell> for Nested {
    type To = toolkit::Toolkit;
}
impl client::Delegate<DeskWindow> for Nested {
    type To = toolkit::Toolkit;
}
impl client::Delegate<DeskOffer> for Nested {
    type To = toolkit::Toolkit;
}

impl shell::Host for Nested {
    fn titled(&mut self, window: DeskWindow) {
        let title = format!("nested: {}", shell::title(self, window).unwrap());
        match self.outer.get(&window) {
            Some(outer) => outer.set_title(&mut self.client, &title).unwrap(),
            None => {
                let outer = toolkit::open(self, &title).unwrap();
                self.outer.insert(window, outer);
            }
        }
    }

    fn window_destroyed(&mut self, window: DeskWindow, _: shell::Window) {
        if let Some(outer) = self.outer.remove(&window) {
            toolkit::close(self, outer).unwrap();
        }
    }
}

impl toolkit::Host for Nested {
    fn close_requested(&mut self, outer: DeskWindow) {
        let inner = self.outer.iter().find(|(_, shows)| **shows == outer).map(|(inner, _)| *inner);
        shell::close(self, inner.unwrap()).unwrap();
    }
}

struct Outer {
    server: Server<Outer>,
    windows: Vec<DeskWindow>,
}

impl HasServer for Outer {
    fn server(&mut self) -> &mut Server<Outer> {
        &mut self.server
    }
}

impl server::Delegate<DeskShell> for Outer {
    type To = shell::Shell;
}
impl server::Delegate<DeskWindow> for Outer {
    type To = shell::Shell;
}
impl server::Delegate<DeskOffer> for Outer {
    type To = shell::Shell;
}

impl shell::Host for Outer {
    fn titled(&mut self, window: DeskWindow) {
        self.windows.push(window);
    }
}

struct Program {
    client: Client<Program>,
}

impl HasClient for Program {
    fn client(&mut self) -> &mut Client<Program> {
        &mut self.client
    }
}

impl client::Delegate<DeskShell> for Program {
    type To = toolkit::Toolkit;
}
impl client::Delegate<DeskWindow> for Program {
    type To = toolkit::Toolkit;
}
impl client::Delegate<DeskOffer> for Program {
    type To = toolkit::Toolkit;
}

impl toolkit::Host for Program {
    fn close_requested(&mut self, window: DeskWindow) {
        toolkit::close(self, window).unwrap();
    }
}

struct Three {
    outer: Outer,
    nested: Nested,
    program: Program,
    above: ClientId,
    below: ClientId,
}

impl Three {
    fn new() -> Three {
        let mut outer = Outer { server: Server::new(), windows: Vec::new() };
        outer.server.add_global::<DeskShell>(1).unwrap();
        let (one, other) = MemoryLink::pair();
        let above = outer.server.connect(one);
        let mut server = Server::new();
        server.add_global::<DeskShell>(1).unwrap();
        let mut nested = Nested { server, client: Client::new(other), outer: BTreeMap::new() };
        let (program, below) = support::connect(&mut nested, |client| Program { client });
        let mut three = Three { outer, nested, program, above, below };
        three.settle();
        three
    }

    fn settle(&mut self) {
        // What goes up comes down again at most once.
        for _ in 0..2 {
            settle(&mut self.nested, &mut self.program, self.below);
            settle(&mut self.outer, &mut self.nested, self.above);
        }
        settle(&mut self.nested, &mut self.program, self.below);
    }
}

#[test]
fn one_program_is_server_and_client_with_the_same_interfaces() {
    let mut three = Three::new();
    let window = toolkit::open(&mut three.program, "a").unwrap();
    three.settle();
    let shown = three.outer.windows[0];
    assert_eq!(shell::title(&mut three.outer, shown), Ok("nested: a"));
    shell::close(&mut three.outer, shown).unwrap();
    three.settle();
    assert!(!three.program.client.is_alive(window), "asked to close, from the outermost to the innermost");
    assert!(three.nested.outer.is_empty());
    assert!(!three.outer.server.is_alive(shown));
}

#[test]
fn in_one_program_objects_of_the_two_sides_are_strangers() {
    let mut three = Three::new();
    toolkit::open(&mut three.program, "a").unwrap();
    three.settle();
    let (&inner, &outer) = three.nested.outer.first_key_value().unwrap();
    assert_eq!(inner.id(), outer.id(), "the ids tell nothing");
    assert_ne!(inner, outer);
    let nested = &mut three.nested;
    assert_eq!(shell::title(nested, outer), Err(ObjectError::Foreign));
    assert_eq!(shell::close(nested, outer), Err(SendError::Foreign));
    assert_eq!(shell::offer(nested, outer, "text"), Err(SendError::Foreign));
    assert_eq!(toolkit::close(nested, inner), Err(SendError::Foreign));
    assert_eq!(inner.set_title(&mut nested.client, "b"), Err(SendError::Foreign));
    assert_eq!(inner.create_child(&mut nested.client), Err(SendError::Foreign));
    assert!(!nested.server.is_alive(outer) && !nested.client.is_alive(inner));
    three.settle();
    assert_eq!(three.outer.windows.len(), 1);
    assert_eq!((three.nested.client.ended(), three.program.client.ended()), (None, None));
}
