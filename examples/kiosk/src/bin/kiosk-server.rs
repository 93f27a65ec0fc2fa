//! The kiosk: one socket for customers, one for the staff, a timer that presses keys.

use std::{error::Error, time::Duration};

use calloop::{EventLoop, signals, timer};
use kiosk::panel::{KioskPanel, kiosk_panel};
use kiosk_protocol::*;
use wayline::io::shm::{Access, BufferArgs, Layout, Memory, PixelFormat, Pool};
use wayline::{ClientId, GlobalId, HandlerError, HandlerResult, HasServer, ListenerId, RequestHandler, Server, server};

const KEYMAP: &str = "yes\nno\ncall the staff\n";
const INPUTS: [kiosk_manager::Capability; 2] = [kiosk_manager::Capability::BUTTONS, kiosk_manager::Capability::SCANNER];

struct App {
    server: Server<App>,
    /// One memory for all clients: nobody can change it.
    keymap: Memory,
    staff: ListenerId,
    panel: GlobalId,
    ticks: u32,
}

impl HasServer for App {
    fn server(&mut self) -> &mut Server<App> {
        &mut self.server
    }

    /// The panel is for clients of the second socket.
    fn visible(&self, client: ClientId, global: GlobalId) -> bool {
        global != self.panel || self.server.listener_of(client) == Some(self.staff)
    }
}

impl RequestHandler<KioskManager> for App {
    type Data = ();

    fn bound(&mut self, this: KioskManager, _: GlobalId) -> HandlerResult {
        if this.version() >= kiosk_manager::since::NOTICE {
            let is_staff = self.server.listener_of(this.client()) == Some(self.staff);
            this.notice(&mut self.server, if is_staff { None } else { Some("open until six") })?;
        }
        Ok(())
    }

    fn request(&mut self, this: KioskManager, request: kiosk_manager::Request) -> HandlerResult {
        match request {
            kiosk_manager::Request::CreatePool { id, fd, size } => {
                let pool = Pool::import(fd, size, Access::ReadOnly, &self.server.shm_policy(this.client()))?;
                *self.server.data(id)? = Some(pool);
            }
            kiosk_manager::Request::Watch { kinds } if !kinds.is_valid(this.version()) => {
                return Err(HandlerError::protocol(this, kiosk_manager::Error::UNKNOWN_KIND, "no such kind of input"));
            }
            kiosk_manager::Request::Watch { kinds } => {
                self.server.broadcast_to(this.client(), |server, input: KioskInput| input.removed(server));
                for kind in INPUTS.into_iter().filter(|&kind| kinds.contains(kind)) {
                    let input = this.input(&mut self.server, kind)?;
                    input.keymap(&mut self.server, self.keymap.try_clone_fd()?, KEYMAP.len() as u32)?;
                }
            }
            kiosk_manager::Request::CreateSurface { .. } | kiosk_manager::Request::Destroy => {}
        }
        Ok(())
    }
}

impl RequestHandler<KioskPool> for App {
    type Data = Option<Pool>;

    fn request(&mut self, this: KioskPool, request: kiosk_pool::Request) -> HandlerResult {
        match request {
            kiosk_pool::Request::CreateBuffer { id, offset, width, height, stride, format } => {
                let Some(pool) = self.server.data(this)?.clone() else { return Ok(()) };
                let args = BufferArgs { offset, width, height, stride, format };
                let layout = Layout::check(args, pool.size(), &[PixelFormat::XRGB8888])?;
                *self.server.data(id)? = Some((pool, layout));
            }
            kiosk_pool::Request::Destroy => {}
        }
        Ok(())
    }
}

impl RequestHandler<KioskBuffer> for App {
    /// The buffer has a pool of its own, which outlives the one of the client.
    type Data = Option<(Pool, Layout)>;

    fn request(&mut self, _: KioskBuffer, request: kiosk_buffer::Request) -> HandlerResult {
        let kiosk_buffer::Request::Destroy = request;
        Ok(())
    }
}

impl RequestHandler<KioskSurface> for App {
    /// Whether it is on the screen.
    type Data = bool;

    fn request(&mut self, this: KioskSurface, request: kiosk_surface::Request) -> HandlerResult {
        match request {
            kiosk_surface::Request::Attach { buffer } => {
                *self.server.data(this)? = buffer.is_some();
                let picture = buffer.map(|buffer| self.server.data_ref(buffer)).transpose()?;
                let mut sum = 0;
                let add = |_, row: &[u8]| sum += row.iter().map(|&byte| u32::from(byte)).sum::<u32>();
                if let Some(Some((pool, layout))) = picture {
                    pool.for_each_row(layout, layout.bounds(), &mut Vec::new(), add)?;
                }
                this.shown(&mut self.server, sum)?;
            }
            kiosk_surface::Request::Destroy => {}
        }
        Ok(())
    }
}

impl RequestHandler<KioskPanel> for App {
    /// Whether it has a surface.
    type Data = bool;

    fn request(&mut self, this: KioskPanel, request: kiosk_panel::Request) -> HandlerResult {
        match request {
            kiosk_panel::Request::Place { surface } => {
                let is_placed = |panel| self.server.data_ref(panel) == Ok(&true);
                if self.server.objects::<KioskPanel>().any(|panel| panel != this && is_placed(panel)) {
                    return Err(HandlerError::protocol(this, kiosk_panel::Error::TAKEN, "there is a panel already"));
                }
                *self.server.data(this)? = true;
                this.placed(&mut self.server, surface, INPUTS[0] | INPUTS[1])?;
            }
            kiosk_panel::Request::Destroy => {}
        }
        Ok(())
    }
}

impl App {
    /// Presses a key on all inputs. It goes to the first surface that a client shows.
    fn press(&mut self) {
        self.ticks += 1;
        let code = self.ticks % KEYMAP.lines().count() as u32;
        self.server.broadcast(|server, input: KioskInput| {
            let is_shown = |&surface: &KioskSurface| server.data_ref(surface).is_ok_and(|&shown| shown);
            let target = server.objects_of(input.client()).find(is_shown);
            input.key(server, target, code, [code, 0].map(u32::to_ne_bytes).as_flattened())
        });
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut events = EventLoop::try_new()?;
    let signals = signals::Signals::new(&[signals::Signal::SIGINT, signals::Signal::SIGTERM])?;
    events.handle().insert_source(signals, |_, (), app: &mut App| app.server.stop())?;
    events.handle().insert_source(timer::Timer::immediate(), |_, (), app| {
        app.press();
        timer::TimeoutAction::ToDuration(Duration::from_millis(10))
    })?;

    let mut server = Server::listen_at("kiosk-0")?;
    let staff = server.listen_also_at("kiosk-staff-0")?;
    events.handle().insert_source(server.source()?, |(), (), app| server::turn(app))?;
    server.add_global::<KioskManager>(2)?;
    let panel = server.add_global::<KioskPanel>(1)?;
    let keymap = Memory::immutable("keymap", KEYMAP.as_bytes())?;
    let mut app = App { server, keymap, staff, panel, ticks: 0 };
    println!("ready");
    while !app.server.is_stopped() {
        events.dispatch(None, &mut app)?;
    }
    Ok(())
}
