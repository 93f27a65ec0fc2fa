//! A Wayland compositor of one client, and the client, in one process: the test decides what is sent, and when.

use std::collections::VecDeque;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use wayline::{ClientId, EventHandler, GlobalId, HandlerResult, HasServer, RequestHandler, Server, WlCallback, server};
use wayline_protocols::xdg_shell::{
    XdgPopup, XdgPositioner, XdgSurface, XdgToplevel, XdgWmBase, xdg_popup, xdg_positioner, xdg_surface, xdg_toplevel,
    xdg_wm_base,
};
use wayline_toolkit::calloop::EventLoop;
use wayline_toolkit::{
    Client, Compositor, Error, Event, HasClient, Host, PixelFormat, Protocol, Setup, Window, WindowId,
};
use wayline_wayland::{
    WlBuffer, WlCompositor, WlKeyboard, WlOutput, WlPointer, WlRegion, WlSeat, WlShm, WlShmPool, WlSurface, WlTouch,
    wl_buffer, wl_compositor, wl_keyboard, wl_output, wl_pointer, wl_region, wl_seat, wl_shm, wl_shm_pool, wl_surface,
    wl_touch,
};

/// After this long a test has failed. None takes as long; nothing is timed.
const DEADLINE: Duration = Duration::from_secs(60);

/// A compositor that does nothing by itself.
pub(crate) struct TestCompositor {
    pub(crate) server: Server<TestCompositor>,
    pub(crate) client: ClientId,
    pub(crate) surfaces: Vec<WlSurface>,
    pub(crate) windows: Vec<(XdgSurface, XdgToplevel)>,
    /// Size of a pool, and offset, width, height and stride of a buffer in it.
    pub(crate) buffers: Vec<[i32; 5]>,
    /// The buffer of each commit that had one.
    pub(crate) commits: VecDeque<WlBuffer>,
    pub(crate) callbacks: VecDeque<WlCallback>,
    pub(crate) acknowledged: Vec<u32>,
    pub(crate) seats: Vec<WlSeat>,
    pub(crate) pointer: Option<WlPointer>,
    pub(crate) keyboard: Option<WlKeyboard>,
    pub(crate) touch: Option<WlTouch>,
    attached: Option<WlBuffer>,
    serial: u32,
}

/// A client that notes what it is told.
pub(crate) struct App {
    pub(crate) client: Client<App>,
    pub(crate) compositor: Option<Compositor<App>>,
    pub(crate) seen: Vec<(WindowId, Event)>,
    /// By the application's own handler.
    pub(crate) screens: Vec<String>,
}

impl HasClient for App {
    fn client(&mut self) -> &mut Client<App> {
        &mut self.client
    }
}

impl Host for App {
    fn event(&mut self, window: WindowId, event: Event) {
        self.seen.push((window, event));
    }
}

wayline_toolkit::delegate!(App);

impl EventHandler<WlOutput> for App {
    type Data = ();

    fn event(&mut self, _: WlOutput, event: wl_output::Event<'_>) -> HandlerResult {
        if let wl_output::Event::Name { name } = event {
            self.screens.push(name.to_owned());
        }
        Ok(())
    }
}

/// Both, and the client's event loop.
pub(crate) struct Pair {
    pub(crate) compositor: TestCompositor,
    pub(crate) app: App,
    pub(crate) events: EventLoop<'static, App>,
}

impl Pair {
    /// Connects the two, and has the client bind what it needs, seats included.
    pub(crate) fn new(seats: usize) -> Pair {
        let mut server = Server::new();
        server.add_global::<WlCompositor>(4).unwrap();
        server.add_global::<WlShm>(1).unwrap();
        server.add_global::<XdgWmBase>(3).unwrap();
        server.add_global::<WlOutput>(4).unwrap();
        for _ in 0..seats {
            server.add_global::<WlSeat>(7).unwrap();
        }
        let (near, far) = UnixStream::pair().unwrap();
        let client = server.add_socket(near.into()).unwrap();
        let compositor = TestCompositor {
            server,
            client,
            surfaces: Vec::new(),
            windows: Vec::new(),
            buffers: Vec::new(),
            commits: VecDeque::new(),
            callbacks: VecDeque::new(),
            acknowledged: Vec::new(),
            seats: Vec::new(),
            pointer: None,
            keyboard: None,
            touch: None,
            attached: None,
            serial: 0,
        };
        let app =
            App { client: Client::from_socket(far.into()), compositor: None, seen: Vec::new(), screens: Vec::new() };
        let mut pair = Pair { compositor, app, events: EventLoop::try_new().unwrap() };
        let deadline = Instant::now() + DEADLINE;
        while pair.app.client.globals().len() < 4 + seats {
            assert!(Instant::now() < deadline, "no globals");
            wayline::client::dispatch(&mut pair.app, Some(Duration::ZERO)).unwrap();
            server::dispatch(&mut pair.compositor, Some(Duration::ZERO)).unwrap();
        }
        let compositor = Compositor::new(&mut pair.app.client, pair.events.handle(), Protocol::Any).unwrap();
        compositor.listen_to_input(&mut pair.app.client).unwrap();
        pair.app.compositor = Some(compositor);
        pair
    }

    pub(crate) fn turn(&mut self) -> Result<(), Error> {
        self.events.dispatch(Some(Duration::ZERO), &mut self.app)?;
        server::dispatch(&mut self.compositor, Some(Duration::ZERO)).unwrap();
        Ok(())
    }

    /// Turns until there is what `look` looks for.
    pub(crate) fn until<T>(&mut self, mut look: impl FnMut(&mut TestCompositor, &mut App) -> Option<T>) -> T {
        let deadline = Instant::now() + DEADLINE;
        loop {
            if let Some(found) = look(&mut self.compositor, &mut self.app) {
                return found;
            }
            assert!(Instant::now() < deadline, "what is expected does not happen: {:?}", self.app.seen);
            self.turn().unwrap();
        }
    }

    /// Until the client has handled all that was sent to it, and the compositor all answers.
    pub(crate) fn settle(&mut self) {
        for _ in 0..2 {
            let asked = self.app.client.begin_roundtrip().unwrap();
            self.until(|_, app| app.client.is_done(asked).then_some(()));
        }
    }

    pub(crate) fn open(&mut self, title: &str) -> Window {
        let setup = Setup { app_id: "test", title, format: PixelFormat::XRGB8888 };
        let window = self.app.compositor.as_ref().unwrap().open(&mut self.app.client, &setup).unwrap();
        self.settle();
        window
    }

    /// What the client was told since the last call.
    pub(crate) fn seen(&mut self) -> Vec<(WindowId, Event)> {
        self.settle();
        std::mem::take(&mut self.app.seen)
    }
}

impl TestCompositor {
    pub(crate) fn configure(&mut self, window: usize, width: i32, height: i32) -> u32 {
        self.serial += 1;
        let (surface, toplevel) = self.windows[window];
        toplevel.configure(&mut self.server, width, height, &[]).unwrap();
        surface.configure(&mut self.server, self.serial).unwrap();
        self.serial
    }

    pub(crate) fn keyboard(&mut self) -> (WlKeyboard, &mut Server<TestCompositor>) {
        (self.keyboard.expect("a keyboard"), &mut self.server)
    }
}

impl HasServer for TestCompositor {
    fn server(&mut self) -> &mut Server<TestCompositor> {
        &mut self.server
    }
}

impl RequestHandler<WlCompositor> for TestCompositor {
    type Data = ();

    fn request(&mut self, _: WlCompositor, request: wl_compositor::Request) -> HandlerResult {
        if let wl_compositor::Request::CreateSurface { id } = request {
            self.surfaces.push(id);
        }
        Ok(())
    }
}

impl RequestHandler<WlSurface> for TestCompositor {
    type Data = ();

    fn request(&mut self, this: WlSurface, request: wl_surface::Request) -> HandlerResult {
        match request {
            wl_surface::Request::Attach { buffer, .. } => self.attached = buffer,
            wl_surface::Request::Frame { callback } => self.callbacks.push_back(callback),
            wl_surface::Request::Commit => self.commits.extend(self.attached.take()),
            wl_surface::Request::Destroy => self.surfaces.retain(|surface| *surface != this),
            _ => {}
        }
        Ok(())
    }
}

impl RequestHandler<WlShm> for TestCompositor {
    type Data = ();

    fn request(&mut self, _: WlShm, request: wl_shm::Request) -> HandlerResult {
        if let wl_shm::Request::CreatePool { id, size, .. } = request {
            *self.server.data(id)? = size;
        }
        Ok(())
    }
}

impl RequestHandler<WlShmPool> for TestCompositor {
    type Data = i32;

    fn request(&mut self, this: WlShmPool, request: wl_shm_pool::Request) -> HandlerResult {
        if let wl_shm_pool::Request::CreateBuffer { offset, width, height, stride, .. } = request {
            let size = *self.server.data(this)?;
            self.buffers.push([size, offset, width, height, stride]);
        }
        Ok(())
    }
}

impl RequestHandler<XdgWmBase> for TestCompositor {
    type Data = ();

    fn request(&mut self, _: XdgWmBase, _: xdg_wm_base::Request) -> HandlerResult {
        Ok(())
    }
}

impl RequestHandler<XdgSurface> for TestCompositor {
    type Data = ();

    fn request(&mut self, this: XdgSurface, request: xdg_surface::Request) -> HandlerResult {
        match request {
            xdg_surface::Request::GetToplevel { id } => self.windows.push((this, id)),
            xdg_surface::Request::AckConfigure { serial } => self.acknowledged.push(serial),
            _ => {}
        }
        Ok(())
    }
}

impl RequestHandler<WlSeat> for TestCompositor {
    type Data = ();

    fn bound(&mut self, this: WlSeat, _: GlobalId) -> HandlerResult {
        self.seats.push(this);
        let all = wl_seat::Capability::POINTER | wl_seat::Capability::KEYBOARD | wl_seat::Capability::TOUCH;
        Ok(this.capabilities(&mut self.server, all)?)
    }

    fn request(&mut self, _: WlSeat, request: wl_seat::Request) -> HandlerResult {
        match request {
            wl_seat::Request::GetPointer { id } => self.pointer = Some(id),
            wl_seat::Request::GetKeyboard { id } => self.keyboard = Some(id),
            wl_seat::Request::GetTouch { id } => self.touch = Some(id),
            wl_seat::Request::Release => {}
        }
        Ok(())
    }
}

impl RequestHandler<WlOutput> for TestCompositor {
    type Data = ();

    fn bound(&mut self, this: WlOutput, _: GlobalId) -> HandlerResult {
        Ok(this.name(&mut self.server, "TEST-1")?)
    }

    fn request(&mut self, _: WlOutput, _: wl_output::Request) -> HandlerResult {
        Ok(())
    }
}

/// Interfaces whose requests change nothing here.
macro_rules! ignored {
    ($($interface:ty: $request:ty),+ $(,)?) => {
        $(impl RequestHandler<$interface> for TestCompositor {
            type Data = ();

            fn request(&mut self, _: $interface, _: $request) -> HandlerResult {
                Ok(())
            }
        })+
    };
}

ignored! {
    WlRegion: wl_region::Request,
    WlBuffer: wl_buffer::Request,
    WlPointer: wl_pointer::Request,
    WlKeyboard: wl_keyboard::Request,
    WlTouch: wl_touch::Request,
    XdgToplevel: xdg_toplevel::Request<'_>,
    XdgPositioner: xdg_positioner::Request,
    XdgPopup: xdg_popup::Request,
}
