//! A token that a server makes and ends by an event; the client says nothing with it. The server has state for it.

use wayline::{Client, EventHandler, HandlerResult, HasClient, HasServer, RequestHandler, Server, testing};

include!("../generated/tokens.rs");

struct Desk {
    server: Server<Desk>,
    ended: Vec<String>,
}

impl HasServer for Desk {
    fn server(&mut self) -> &mut Server<Desk> {
        &mut self.server
    }
}

impl RequestHandler<Office> for Desk {
    type Data = ();

    fn request(&mut self, _: Office, request: office::Request) -> HandlerResult {
        let office::Request::Take { token } = request;
        "number seven".clone_into(self.server.data(token)?);
        token.called(&mut self.server)?;
        Ok(())
    }
}

impl RequestHandler<Token> for Desk {
    type Data = String;

    const OWN_ENDS: bool = true;

    fn request(&mut self, _: Token, request: token::Request) -> HandlerResult {
        match request {}
    }

    fn destroyed(&mut self, _: Token, data: String) {
        self.ended.push(data);
    }
}

struct Visitor {
    client: Client<Visitor>,
}

impl HasClient for Visitor {
    fn client(&mut self) -> &mut Client<Visitor> {
        &mut self.client
    }
}

impl EventHandler<Token> for Visitor {
    type Data = ();

    fn event(&mut self, _: Token, _: token::Event) -> HandlerResult {
        Ok(())
    }
}

fn main() {
    let mut desk = Desk { server: Server::new(), ended: Vec::new() };
    desk.server.add_global::<Office>(1).unwrap();
    let mut visitor = Visitor { client: testing::connect(&mut desk.server) };
    testing::pump(&mut desk, &mut visitor);
    let office: Office = visitor.client.bind(1).unwrap();
    let _ = office.take(&mut visitor.client).unwrap();
    testing::pump(&mut desk, &mut visitor);
    assert_eq!(desk.ended, ["number seven"]);
}
