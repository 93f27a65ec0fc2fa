//! A compositor of one client for tests: it shows nothing and does nothing by itself. A test reads what the client
//! committed and decides what comes back, and when.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use wayline::io::fence::{Fence, Wait};
use wayline::io::shm::{Access, BufferArgs, Layout, PixelFormat, Policy, Pool};
use wayline::{
    ClientId, Disconnect, GlobalId, HandlerError, HandlerResult, HasServer, RequestHandler, Server, WlCallback, server,
};

use crate::protocol::*;

/// After this long a test has failed. None takes as long; nothing is timed.
const DEADLINE: Duration = Duration::from_secs(60);

/// One commit of a surface, with all that it carried.
#[derive(Default)]
pub(crate) struct Commit {
    /// The buffer that it attached.
    pub(crate) buffer: Option<WayBuffer>,
    pub(crate) damage: Vec<[i32; 4]>,
    pub(crate) callbacks: Vec<WlCallback>,
    pub(crate) acknowledged: Option<u32>,
    /// Acquire and release.
    pub(crate) fences: Option<(Fence, Fence)>,
}

impl Commit {
    /// Gives the buffer back.
    pub(crate) fn release(&self) {
        let (_, release) = self.fences.as_ref().expect("a fenced commit");
        release.signal().unwrap();
    }
}

/// A capture that was asked for.
pub(crate) struct Capture {
    pub(crate) this: WayCapture,
    pub(crate) at: [i32; 2],
    pub(crate) buffer: WayBuffer,
    pub(crate) fence: Fence,
}

/// Where the pixels of a buffer are.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) pool: Pool,
    pub(crate) layout: Layout,
}

pub(crate) struct TestCompositor {
    pub(crate) server: Server<TestCompositor>,
    pub(crate) commits: VecDeque<Commit>,
    pub(crate) captures: VecDeque<Capture>,
    pub(crate) surface: Option<WaySurface>,
    pub(crate) window: Option<WayWindow>,
    pub(crate) pointer: Option<WayPointer>,
    pub(crate) keyboard: Option<WayKeyboard>,
    pub(crate) title: String,
    pending: Commit,
    serial: u32,
    ended: bool,
}

impl TestCompositor {
    /// Proposes a size to the window. Returns the serial.
    pub(crate) fn configure(&mut self, width: i32, height: i32, states: &[way_window::State]) -> u32 {
        self.serial += 1;
        let states: Vec<u8> = states.iter().flat_map(|state| state.0.to_ne_bytes()).collect();
        let window = self.window.expect("there is a window");
        window.configure(&mut self.server, self.serial, width, height, &states).unwrap();
        self.serial
    }

    /// Serial of an acknowledgement that no commit has followed yet.
    pub(crate) fn acknowledged(&self) -> Option<u32> {
        self.pending.acknowledged
    }

    pub(crate) fn close_window(&mut self) {
        self.window.expect("there is a window").close(&mut self.server).unwrap();
    }

    /// Says that the commit was shown.
    pub(crate) fn shown(&mut self, commit: &Commit) {
        for callback in &commit.callbacks {
            callback.done(&mut self.server, 0).unwrap();
        }
    }

    pub(crate) fn shared(&mut self, buffer: WayBuffer) -> Shared {
        self.server.data(buffer).unwrap().clone().expect("a buffer has memory")
    }

    pub(crate) fn format(&mut self, buffer: WayBuffer) -> PixelFormat {
        self.shared(buffer).layout.format()
    }

    /// Width, height and pixels of a buffer.
    pub(crate) fn pixels(&mut self, buffer: WayBuffer) -> (u32, u32, Vec<[u8; 4]>) {
        let Shared { pool, layout } = self.shared(buffer);
        let row = layout.width() as usize * 4;
        let mut bytes = vec![0; row * layout.height() as usize];
        pool.read_rect(&layout, layout.bounds(), &mut bytes, row).unwrap();
        (layout.width(), layout.height(), bytes.as_chunks::<4>().0.to_vec())
    }
}

impl HasServer for TestCompositor {
    fn server(&mut self) -> &mut Server<TestCompositor> {
        &mut self.server
    }

    fn disconnected(&mut self, _: ClientId, _: &Disconnect) {
        self.ended = true;
    }
}

impl RequestHandler<WayCompositor> for TestCompositor {
    type Data = ();

    fn request(&mut self, _: WayCompositor, request: way_compositor::Request) -> HandlerResult {
        match request {
            way_compositor::Request::Destroy => {}
            way_compositor::Request::CreateSurface { id } => self.surface = Some(id),
            way_compositor::Request::CreateWindow { id, .. } => self.window = Some(id),
        }
        Ok(())
    }
}

impl RequestHandler<WaySurface> for TestCompositor {
    type Data = ();

    fn request(&mut self, _: WaySurface, request: way_surface::Request) -> HandlerResult {
        let pending = &mut self.pending;
        match request {
            way_surface::Request::Destroy | way_surface::Request::SetOpaque { .. } => {}
            way_surface::Request::Attach { buffer } => pending.buffer = buffer,
            way_surface::Request::Damage { x, y, width, height } => pending.damage.push([x, y, width, height]),
            way_surface::Request::Frame { callback } => pending.callbacks.push(callback),
            way_surface::Request::Commit => self.commits.push_back(std::mem::take(pending)),
            way_surface::Request::CommitFenced { acquire, release } => {
                let fence = |fd| Fence::from_fd(fd).map_err(|error| HandlerError::internal(error.to_string()));
                pending.fences = Some((fence(acquire)?, fence(release)?));
                self.commits.push_back(std::mem::take(pending));
            }
        }
        Ok(())
    }
}

impl RequestHandler<WayWindow> for TestCompositor {
    type Data = ();

    fn request(&mut self, _: WayWindow, request: way_window::Request<'_>) -> HandlerResult {
        match request {
            way_window::Request::Destroy => self.window = None,
            way_window::Request::SetTitle { title } => title.clone_into(&mut self.title),
            way_window::Request::SetAppId { .. } => {}
            way_window::Request::AckConfigure { serial } => self.pending.acknowledged = Some(serial),
        }
        Ok(())
    }
}

impl RequestHandler<WayShm> for TestCompositor {
    type Data = ();

    fn request(&mut self, _: WayShm, request: way_shm::Request) -> HandlerResult {
        if let way_shm::Request::CreatePool { id, fd, size } = request {
            let pool = Pool::import(fd, size, Access::ReadWrite, &Policy::default());
            *self.server.data(id)? = Some(pool.map_err(|error| HandlerError::internal(error.to_string()))?);
        }
        Ok(())
    }
}

impl RequestHandler<WayPool> for TestCompositor {
    type Data = Option<Pool>;

    fn request(&mut self, this: WayPool, request: way_pool::Request) -> HandlerResult {
        if let way_pool::Request::CreateBuffer { id, offset, width, height, stride, format } = request {
            let pool = self.server.data(this)?.clone().ok_or(HandlerError::internal("no memory"))?;
            let formats = [PixelFormat::ARGB8888, PixelFormat::XRGB8888];
            let args = BufferArgs { offset, width, height, stride, format: format.0 };
            let layout = Layout::check(args, pool.size(), &formats);
            let layout = layout.map_err(|error| HandlerError::internal(error.to_string()))?;
            *self.server.data(id)? = Some(Shared { pool, layout });
        }
        Ok(())
    }
}

impl RequestHandler<WayBuffer> for TestCompositor {
    type Data = Option<Shared>;

    fn request(&mut self, _: WayBuffer, _: way_buffer::Request) -> HandlerResult {
        Ok(())
    }
}

impl RequestHandler<WayOutput> for TestCompositor {
    type Data = ();

    fn bound(&mut self, this: WayOutput, _: GlobalId) -> HandlerResult {
        this.mode(&mut self.server, way_output::Mode::PREFERRED, 9999, 9999, 0)?;
        this.mode(&mut self.server, way_output::Mode::CURRENT, 6, 4, 0)?;
        this.name(&mut self.server, "TEST-1")?;
        this.done(&mut self.server)?;
        Ok(())
    }

    fn request(&mut self, _: WayOutput, _: way_output::Request) -> HandlerResult {
        Ok(())
    }
}

impl RequestHandler<WaySeat> for TestCompositor {
    type Data = ();

    fn bound(&mut self, this: WaySeat, _: GlobalId) -> HandlerResult {
        this.capabilities(&mut self.server, way_seat::Capability::POINTER | way_seat::Capability::KEYBOARD)?;
        Ok(())
    }

    fn request(&mut self, _: WaySeat, request: way_seat::Request) -> HandlerResult {
        match request {
            way_seat::Request::Destroy => {}
            way_seat::Request::GetPointer { id } => self.pointer = Some(id),
            way_seat::Request::GetKeyboard { id } => self.keyboard = Some(id),
        }
        Ok(())
    }
}

impl RequestHandler<WayPointer> for TestCompositor {
    type Data = ();

    fn request(&mut self, _: WayPointer, _: way_pointer::Request) -> HandlerResult {
        Ok(())
    }
}

impl RequestHandler<WayKeyboard> for TestCompositor {
    type Data = ();

    fn request(&mut self, _: WayKeyboard, _: way_keyboard::Request) -> HandlerResult {
        Ok(())
    }
}

impl RequestHandler<WayCaptureManager> for TestCompositor {
    type Data = ();

    fn request(&mut self, _: WayCaptureManager, request: way_capture_manager::Request) -> HandlerResult {
        if let way_capture_manager::Request::CaptureOutput { id, x, y, buffer, fence, .. } = request {
            let fence = Fence::from_fd(fence).map_err(|error| HandlerError::internal(error.to_string()))?;
            self.captures.push_back(Capture { this: id, at: [x, y], buffer, fence });
        }
        Ok(())
    }
}

/// An app of demo-client that runs against a [`TestCompositor`].
pub(crate) struct Run {
    pub(crate) compositor: TestCompositor,
    child: Child,
    _dir: TempDir,
}

/// How an app ended.
pub(crate) struct Ended {
    pub(crate) success: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// A number of the line `stats ...`, which must be the last one.
    pub(crate) fn stat(&self, name: &str) -> f64 {
        let line = self.stdout.lines().last().and_then(|line| line.strip_prefix("stats ")).expect("the stats");
        let value = line.split(' ').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        value.and_then(|value| value.parse().ok()).expect("a number")
    }
}

/// Runs demo-client to its end.
pub(crate) fn run(args: &[&str]) -> Ended {
    let output = command(args).output().expect("demo-client can be started");
    Ended {
        success: output.status.success(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_demo-client"));
    command.args(args).env_remove("WAYLAND_SOCKET").env_remove("WAYLINE_DEBUG").stdin(Stdio::null());
    command
}

impl Run {
    /// Starts an app, with a compositor for it.
    pub(crate) fn start(args: &[&str]) -> Run {
        Run::with(args, |server| {
            server.add_global::<WayCompositor>(1).unwrap();
            server.add_global::<WayShm>(1).unwrap();
            server.add_global::<WayOutput>(2).unwrap();
            server.add_global::<WaySeat>(2).unwrap();
            server.add_global::<WayCaptureManager>(1).unwrap();
        })
    }

    /// Starts an app, with a compositor that offers what `announce` adds.
    pub(crate) fn with(args: &[&str], announce: impl FnOnce(&mut Server<TestCompositor>)) -> Run {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("socket").display().to_string();
        let mut server = Server::listen_at(&socket).unwrap();
        announce(&mut server);
        let mut args = args.to_vec();
        args.extend(["--socket", &socket]);
        let child = command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let compositor = TestCompositor {
            server,
            commits: VecDeque::new(),
            captures: VecDeque::new(),
            surface: None,
            window: None,
            pointer: None,
            keyboard: None,
            title: String::new(),
            pending: Commit::default(),
            serial: 0,
            ended: false,
        };
        Run { compositor, child, _dir: dir }
    }

    /// Serves the app until there is what `look` looks for.
    pub(crate) fn until<T>(&mut self, mut look: impl FnMut(&mut TestCompositor) -> Option<T>) -> T {
        let deadline = Instant::now() + DEADLINE;
        loop {
            // Also what the test itself did has consequences, such as the end of the client.
            server::finish_turn(&mut self.compositor);
            if let Some(found) = look(&mut self.compositor) {
                return found;
            }
            assert!(!self.compositor.ended, "the app has ended: {}", self.errors());
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "the app does not do what is expected");
            server::dispatch(&mut self.compositor, Some(left)).unwrap();
        }
    }

    /// Waits for a window, and lets it choose its size.
    pub(crate) fn open_window(&mut self) {
        self.until(|compositor| compositor.window);
        self.compositor.configure(0, 0, &[]);
    }

    /// The next commit, and if it has a picture, the pixels are complete.
    pub(crate) fn commit(&mut self) -> Commit {
        let commit = self.until(|compositor| compositor.commits.pop_front());
        if let Some((acquire, _)) = &commit.fences {
            let stdout = self.child.stdout.as_ref().expect("standard output is a pipe");
            assert!(matches!(acquire.wait(stdout, Some(DEADLINE)), Ok(Wait::Signalled(1))));
        }
        commit
    }

    /// Serves the app until it ends by itself.
    pub(crate) fn end(mut self) -> Ended {
        self.until(|compositor| compositor.ended.then_some(()));
        self.collect()
    }

    /// Goes away, and waits for the app to end.
    pub(crate) fn leave(mut self) -> Ended {
        // What is queued is sent, and all that the app sent is read: a socket that is closed with unread bytes is reset.
        server::dispatch(&mut self.compositor, Some(Duration::ZERO)).unwrap();
        self.compositor.server = Server::new();
        self.collect()
    }

    fn collect(mut self) -> Ended {
        let stdout = read(self.child.stdout.take());
        let stderr = read(self.child.stderr.take());
        let success = self.child.wait().unwrap().success();
        Ended { success, stdout, stderr }
    }

    fn errors(&mut self) -> String {
        read(self.child.stderr.take())
    }
}

/// What an app writes fits into a pipe, so one can be read to its end before the other.
fn read(pipe: Option<impl Read>) -> String {
    let text = pipe.map(io::read_to_string).transpose().unwrap();
    text.unwrap_or_default()
}

impl Drop for Run {
    fn drop(&mut self) {
        // Both do nothing if the app has been waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
