//! The driver's orders.

use std::fs::File;
use std::io::{BufRead, ErrorKind, Write};
use std::os::fd::AsFd;
use std::sync::{Arc, Barrier};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::MemfdFlags;
use wayland_client::backend::WaylandError;
use wayland_client::{Connection, Dispatch, DispatchError, QueueHandle};

use crate::api::wlcf_driver::{self, WlcfDriver};
use crate::{App, report};

impl Dispatch<WlcfDriver, ()> for App {
    fn event(
        app: &mut App,
        driver: &WlcfDriver,
        event: wlcf_driver::Event,
        (): &(),
        connection: &Connection,
        queue: &QueueHandle<App>,
    ) {
        use wlcf_driver::Event;
        match event {
            Event::MakeChild => app.adopt(driver.create_child(queue, ())),
            Event::DestroyChild { index } => {
                if let Some(child) = app.children.get_mut(index as usize).and_then(Option::take) {
                    child.destroy();
                }
            }
            Event::Pause => pause(driver, connection),
            Event::Roundtrip => match connection.roundtrip() {
                Ok(_) => println!("roundtrip ok"),
                Err(_) => println!("roundtrip refused"),
            },
            Event::Files { count } => files(driver, connection, count),
            Event::Flood { count } => flood(driver, connection, count),
            Event::IdleRead => idle_read(connection),
            Event::WaitThreads { count } => wait_threads(connection, count),
            Event::OtherQueue => {
                let other = connection.new_event_queue();
                app.adopt(driver.create_child(&other.handle(), ()));
                app.other_queue = Some(other);
            }
            Event::DrainQueue => {
                if let Some(mut other) = app.other_queue.take() {
                    // An error shows in the main queue as well.
                    let _ = other.dispatch_pending(app);
                    app.other_queue = Some(other);
                }
                println!("drained");
            }
            Event::Finish => app.finished = true,
            Event::Newest => println!("newest"),
        }
    }
}

fn pause(driver: &WlcfDriver, connection: &Connection) {
    driver.ready(0);
    let _ = connection.flush();
    println!("paused");
    let _ = std::io::stdin().lock().read_line(&mut String::new());
    driver.ready(1);
    // That this fails is no reason to stop reading.
    let _ = connection.flush();
}

fn files(driver: &WlcfDriver, connection: &Connection, count: u32) {
    for index in 0..count {
        let Ok(fd) = rustix::fs::memfd_create("index", MemfdFlags::CLOEXEC) else { return };
        let mut file = File::from(fd);
        if write!(file, "{index}").is_ok() {
            driver.file(index, file.as_fd());
        }
    }
    let _ = connection.flush();
    println!("sent-files {count}");
}

fn flood(driver: &WlcfDriver, connection: &Connection, count: u32) {
    for _ in 0..count {
        driver.data(vec![0; 4000]);
    }
    match connection.flush() {
        Ok(()) => println!("flood sent"),
        Err(WaylandError::Io(error)) if error.kind() == ErrorKind::WouldBlock => println!("flood blocked"),
        // The main queue meets it again and tells.
        Err(_) => {}
    }
}

fn idle_read(connection: &Connection) {
    let read = connection.prepare_read().map(wayland_client::backend::ReadEventsGuard::read);
    match read {
        None | Some(Ok(_)) => println!("idle-read ok"),
        Some(Err(WaylandError::Io(error))) if error.kind() == ErrorKind::WouldBlock => println!("idle-read ok"),
        Some(Err(error)) => println!("idle-read {error}"),
    }
}

fn wait_threads(connection: &Connection, count: u32) {
    let _ = connection.flush();
    let prepared = Arc::new(Barrier::new(count as usize + 1));
    let threads: Vec<_> = (0..count)
        .map(|_| {
            let (connection, prepared) = (connection.clone(), Arc::clone(&prepared));
            std::thread::spawn(move || {
                let mut guard = connection.prepare_read();
                prepared.wait();
                loop {
                    if let Some(guard) = guard.take() {
                        let readable = PollFd::from_borrowed_fd(guard.connection_fd(), PollFlags::IN);
                        let _ = poll(&mut [readable], None);
                        if let Err(error) = guard.read() {
                            return println!("thread-{}", report(&connection, &DispatchError::Backend(error)));
                        }
                    }
                    guard = connection.prepare_read();
                }
            })
        })
        .collect();
    prepared.wait();
    println!("waiting {count}");
    for thread in threads {
        let _ = thread.join();
    }
}
