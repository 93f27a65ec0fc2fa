//! Types of both crates on one connection, in memory: a window from its surface to its first configuration, and its frame.

use wayline::{
    Client, EventHandler, HandlerResult, HasClient, HasServer, MemoryLink, RequestHandler, Server, client, server,
};
use wayline_protocols::xdg_decoration::{
    ZxdgDecorationManagerV1, ZxdgToplevelDecorationV1, zxdg_decoration_manager_v1, zxdg_toplevel_decoration_v1,
};
use wayline_protocols::xdg_shell::{
    XdgPopup, XdgPositioner, XdgSurface, XdgToplevel, XdgWmBase, xdg_popup, xdg_positioner, xdg_surface, xdg_toplevel,
    xdg_wm_base,
};
use wayline_wayland::{WlCompositor, WlOutput, WlRegion, WlSurface, wl_compositor, wl_region, wl_surface};

struct TestServer {
    server: Server<TestServer>,
    surface: Option<WlSurface>,
    log: Vec<String>,
}

impl HasServer for TestServer {
    fn server(&mut self) -> &mut Server<TestServer> {
        &mut self.server
    }
}

/// Handlers of a side that note the messages which nothing is done about.
macro_rules! log {
    ($app:ident, $handler:ident, $method:ident, $kind:ident: $($handle:ident $module:ident),*) => {$(
        impl $handler<$handle> for $app {
            type Data = ();

            fn $method(&mut self, _: $handle, message: $module::$kind) -> HandlerResult {
                self.log.push(format!("{message:?}"));
                Ok(())
            }
        }
    )*};
}

log!(TestServer, RequestHandler, request, Request: WlSurface wl_surface, WlRegion wl_region);
log!(TestServer, RequestHandler, request, Request: XdgPopup xdg_popup, XdgPositioner xdg_positioner);
log!(TestServer, RequestHandler, request, Request: ZxdgToplevelDecorationV1 zxdg_toplevel_decoration_v1);

impl RequestHandler<WlCompositor> for TestServer {
    type Data = ();

    fn request(&mut self, _: WlCompositor, request: wl_compositor::Request) -> HandlerResult {
        if let wl_compositor::Request::CreateSurface { id } = request {
            self.surface = Some(id);
        }
        Ok(())
    }
}

impl RequestHandler<XdgWmBase> for TestServer {
    type Data = ();

    fn request(&mut self, _: XdgWmBase, request: xdg_wm_base::Request) -> HandlerResult {
        if let xdg_wm_base::Request::GetXdgSurface { surface, .. } = request {
            assert_eq!(Some(surface), self.surface, "the surface of the other crate");
        }
        Ok(())
    }
}

impl RequestHandler<XdgSurface> for TestServer {
    type Data = ();

    fn request(&mut self, this: XdgSurface, request: xdg_surface::Request) -> HandlerResult {
        if let xdg_surface::Request::GetToplevel { id } = request {
            id.configure(&mut self.server, 640, 480, &[])?;
            this.configure(&mut self.server, 7)?;
        }
        Ok(())
    }
}

impl RequestHandler<XdgToplevel> for TestServer {
    type Data = ();

    fn request(&mut self, _: XdgToplevel, request: xdg_toplevel::Request<'_>) -> HandlerResult {
        if let xdg_toplevel::Request::SetTitle { title } = request {
            self.log.push(title.to_owned());
        }
        Ok(())
    }
}

impl RequestHandler<ZxdgDecorationManagerV1> for TestServer {
    type Data = ();

    fn request(&mut self, _: ZxdgDecorationManagerV1, request: zxdg_decoration_manager_v1::Request) -> HandlerResult {
        if let zxdg_decoration_manager_v1::Request::GetToplevelDecoration { id, .. } = request {
            id.configure(&mut self.server, zxdg_toplevel_decoration_v1::Mode::SERVER_SIDE)?;
        }
        Ok(())
    }
}

struct TestClient {
    client: Client<TestClient>,
    log: Vec<String>,
}

impl HasClient for TestClient {
    fn client(&mut self) -> &mut Client<TestClient> {
        &mut self.client
    }
}

log!(TestClient, EventHandler, event, Event: WlSurface wl_surface, XdgWmBase xdg_wm_base, XdgSurface xdg_surface);
log!(TestClient, EventHandler, event, Event: ZxdgToplevelDecorationV1 zxdg_toplevel_decoration_v1);

impl EventHandler<XdgToplevel> for TestClient {
    type Data = ();

    fn event(&mut self, _: XdgToplevel, event: xdg_toplevel::Event<'_>) -> HandlerResult {
        self.log.push(format!("{event:?}"));
        Ok(())
    }
}

#[test]
fn a_window_is_made_of_types_of_both_crates() {
    let (near, far) = MemoryLink::pair();
    let mut host = TestServer { server: Server::new(), surface: None, log: Vec::new() };
    let compositor = host.server.add_global::<WlCompositor>(6).unwrap().name();
    let wm_base = host.server.add_global::<XdgWmBase>(6).unwrap().name();
    let decorations = host.server.add_global::<ZxdgDecorationManagerV1>(1).unwrap().name();
    let id = host.server.connect(near);
    let mut guest = TestClient { client: Client::new(far), log: Vec::new() };

    let client = &mut guest.client;
    let compositor: WlCompositor = client.bind_name(compositor, 6).unwrap();
    let wm_base: XdgWmBase = client.bind_name(wm_base, 6).unwrap();
    let decorations: ZxdgDecorationManagerV1 = client.bind_name(decorations, 1).unwrap();
    let surface = compositor.create_surface(client).unwrap();
    let xdg_surface = wm_base.get_xdg_surface(client, surface).unwrap();
    let toplevel = xdg_surface.get_toplevel(client).unwrap();
    toplevel.set_title(client, "both sides").unwrap();
    toplevel.set_fullscreen(client, None::<WlOutput>).unwrap();
    decorations.get_toplevel_decoration(client, toplevel).unwrap();
    surface.commit(client).unwrap();
    client::finish_turn(&mut guest);
    server::receive(&mut host, id);
    server::finish_turn(&mut host);
    client::receive(&mut guest);

    assert_eq!(host.log, ["both sides", "Commit"]);
    assert_eq!(
        guest.log,
        [
            "Configure { width: 640, height: 480, states: [] }",
            "Configure { serial: 7 }",
            "Configure { mode: server_side }",
        ]
    );
}
