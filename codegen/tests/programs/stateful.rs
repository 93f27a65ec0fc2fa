//! A token that a server makes and ends by an event; the client says nothing with it. The server has state for it.

use wayline::{Client, EventHandler, HandlerResult, HasClient, HasServer, RequestHandler, Server, testing};

include!("../generated/tokens.rs");

struct App {
    server: Server<App>,
    ended: Vec<String>,
}

impl HasServer for App {
    fn server(&mut self) -> &mut Server<App> {
        &mut self.server
    }
}

impl RequestHandler<Office> for App {
    type Data = ();

    fn request(&mut self, _: Office, request: office::Request) -> HandlerResult {
        let office::Request::Take { token } = request;
        "number seven".clone_into(self.server.data(token)?);
        token.called(&mut self.server)?;
        Ok(())
    }
}

impl RequestHandler<Token> for App {
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
    let mut app = App { server: Server::new(), ended: Vec::new() };
    app.server.add_global::<Office>(1).unwrap();
    let mut visitor = Visitor { client: testing::connect(&mut app.server) };
    testing::pump(&mut app, &mut visitor);
    let office: Office = visitor.client.bind(1).unwrap();
    let _ = office.take(&mut visitor.client).unwrap();
    testing::pump(&mut app, &mut visitor);
    assert_eq!(app.ended, ["number seven"]);
}
