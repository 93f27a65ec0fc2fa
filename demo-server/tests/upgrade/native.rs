//! Clients of the native protocol: windows, fences and captures under way.

use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Stdio};

use rustix::event::{EventfdFlags, PollFlags, eventfd};
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use wayline_conformance::protocol::callback;
use wayline_conformance::socket::wait_fd;
use wayline_toolkit::protocol::native::{
    way_buffer, way_capture, way_capture_manager, way_compositor, way_pool, way_shm, way_surface, way_window,
};

use crate::screen::Screen;
use crate::servers::Servers;
use crate::support::PATIENCE;
use crate::test_client::TestClient;

fn fence() -> OwnedFd {
    eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).unwrap()
}

fn signal(fence: &OwnedFd) {
    rustix::io::write(fence, &1_u64.to_ne_bytes()).unwrap();
}

fn is_signalled_in_time(fence: &OwnedFd) -> bool {
    wait_fd(fence.as_fd(), PollFlags::IN, std::time::Instant::now() + PATIENCE).unwrap()
}

/// A buffer of one colour in a pool of its own.
pub(crate) fn buffer(client: &mut TestClient, (width, height): (i32, i32), colour: u32) -> u32 {
    let size = width * height * 4;
    let memory = memfd_create("picture", MemfdFlags::CLOEXEC).unwrap();
    ftruncate(&memory, size as u64).unwrap();
    if colour != 0 {
        let pixels: Vec<u8> = (0..width * height).flat_map(|_| colour.to_le_bytes()).collect();
        assert_eq!(rustix::io::pwrite(&memory, &pixels, 0).unwrap(), pixels.len());
    }
    let shm = client.bind("way_shm", 1);
    let pool = client.id();
    client.send_fds(shm, way_shm::opcode::CREATE_POOL, &[memory.as_fd()], |m| m.uint(pool).int(size));
    client.make(pool, way_pool::opcode::CREATE_BUFFER, |m| m.int(0).int(width).int(height).int(width * 4).uint(1))
}

/// A window that is configured, with its surface.
pub(crate) fn window(client: &mut TestClient) -> (u32, u32) {
    let compositor = client.bind("way_compositor", 1);
    let surface = client.make(compositor, way_compositor::opcode::CREATE_SURFACE, |m| m);
    let window = client.make(compositor, way_compositor::opcode::CREATE_WINDOW, |m| m.uint(surface));
    let serial = client.until(window, way_window::opcode::CONFIGURE).first();
    client.send(window, way_window::opcode::ACK_CONFIGURE, |m| m.uint(serial));
    (surface, window)
}

pub(crate) fn attach(client: &mut TestClient, surface: u32, buffer: u32) {
    client.send(surface, way_surface::opcode::ATTACH, |m| m.uint(buffer));
    client.send(surface, way_surface::opcode::DAMAGE, |m| m.int(0).int(0).int(i32::MAX).int(i32::MAX));
}

#[test]
fn commits_that_wait_for_their_fences_are_shown_by_the_process_that_serves_then() {
    let mut servers = Servers::start(&[]);
    let mut client = TestClient::over(servers.raw());
    let (surface, _) = window(&mut client);
    let empty = servers.screen();
    let first = buffer(&mut client, (64, 64), 0x00ff_0000);
    attach(&mut client, surface, first);
    client.send(surface, way_surface::opcode::COMMIT, |m| m);
    servers.wait_for_screen(|screen| *screen != empty);
    let (x, y) = servers.screen().change_since(&empty).middle();
    let mut shown: Option<OwnedFd> = None;
    for round in 0..5 {
        let next = buffer(&mut client, (64, 64), 0x0000_ff00 + round);
        let (acquire, release) = (fence(), fence());
        attach(&mut client, surface, next);
        let frame = client.make(surface, way_surface::opcode::FRAME, |m| m);
        client.send_fds(surface, way_surface::opcode::COMMIT_FENCED, &[acquire.as_fd(), release.as_fd()], |m| m);
        client.sync();
        servers.upgrade();
        client.sync();
        assert!(!client.has(frame, callback::DONE), "the pixels are not there yet");
        assert_ne!(servers.screen().colour(x, y), 0x0000_ff00 + round);
        signal(&acquire);
        client.until(frame, callback::DONE);
        assert_eq!(servers.screen().colour(x, y), 0x0000_ff00 + round);
        // The one before is free again: by an event, or by its fence.
        match shown.replace(release) {
            None => assert!(client.has(first, way_buffer::opcode::RELEASE)),
            Some(release) => assert!(is_signalled_in_time(&release)),
        }
    }
}

#[test]
fn captures_under_way_are_finished_by_the_process_that_serves_then() {
    let mut servers = Servers::start(&[]);
    let mut client = TestClient::over(servers.raw());
    let (manager, output) = (client.bind("way_capture_manager", 1), client.bind("way_output", 1));
    // Each takes some frames.
    let into = buffer(&mut client, (4096, 4096), 0);
    for _ in 0..3 {
        let captures: Vec<(u32, OwnedFd)> = (0..10)
            .map(|_| {
                let (id, fence) = (client.id(), fence());
                let capture = way_capture_manager::opcode::CAPTURE_OUTPUT;
                let args = |m: wayline_conformance::wire::Message| m.uint(id).uint(output).int(0).int(0).uint(into);
                client.send_fds(manager, capture, &[fence.as_fd()], args);
                (id, fence)
            })
            .collect();
        client.sync();
        servers.upgrade();
        for (capture, fence) in captures {
            if !client.has(capture, way_capture::opcode::DONE) {
                client.until(capture, way_capture::opcode::DONE);
            }
            assert!(is_signalled_in_time(&fence));
        }
    }
}

/// A client that is ended when dropped.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_clients_of_the_demo_go_on_and_the_screen_is_as_it_was() {
    let mut servers = Servers::start(&[]);
    let mut programs: Vec<Program> = Vec::new();
    let mut fds = None;
    for args in [&["view"][..], &["animate"][..]] {
        let before = servers.screen();
        programs.push(Program(servers.first.client(args).stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap()));
        servers.wait_for_screen(|screen| *screen != before);
    }
    for _ in 0..5 {
        servers.upgrade();
        let before = servers.screen();
        // It draws on.
        servers.wait_for_screen(|screen| *screen != before);
        servers.must_have(&mut fds);
        for program in &mut programs {
            assert!(program.0.try_wait().unwrap().is_none(), "a client has ended\n{}", servers.log());
        }
    }
}

#[test]
fn frames_in_files_are_numbered_on() {
    let dir = tempfile::tempdir().unwrap();
    let mut servers = Servers::start(&["--frames", dir.path().to_str().unwrap()]);
    let mut client = TestClient::over(servers.raw());
    let (surface, _) = window(&mut client);
    let mut pictures = Vec::new();
    let numbers = |dir: &std::path::Path| std::fs::read_dir(dir).unwrap().count();
    for round in 0..3 {
        let next = buffer(&mut client, (64, 64), 0x00ff_0000 + round);
        attach(&mut client, surface, next);
        let frame = client.make(surface, way_surface::opcode::FRAME, |m| m);
        client.send(surface, way_surface::opcode::COMMIT, |m| m);
        client.until(frame, callback::DONE);
        let last = numbers(dir.path());
        pictures.push(Screen::load(&dir.path().join(format!("frame-{last:06}.png"))));
        servers.upgrade();
        // The first frame of the new process shows the same.
        let frame = client.make(surface, way_surface::opcode::FRAME, |m| m);
        client.send(surface, way_surface::opcode::COMMIT, |m| m);
        client.until(frame, callback::DONE);
        let next = numbers(dir.path());
        assert_eq!(next, last + 1);
        assert!(Screen::load(&dir.path().join(format!("frame-{next:06}.png"))) == pictures[round as usize]);
    }
}
