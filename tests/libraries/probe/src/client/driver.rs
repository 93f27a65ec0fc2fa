//! The orders of `wlcf_driver`.
//!
//! Most are carried out in the handler. What waits for the server or reads from it the library refuses there, so it
//! is done as soon as the handler has returned.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::sync::{Mutex, PoisonError};
use std::thread;

use rustix::fs::MemfdFlags;
use wayline::{Error, EventHandler, HandlerError, HandlerResult, client};

use super::api::{WlcfDriver, wlcf_driver};
use super::{App, report};

/// The array of a `data` request.
const DATA: [u8; 4000] = [0; 4000];

/// An order for later.
pub(crate) enum Late {
    Roundtrip,
    IdleRead,
    WaitThreads(u32),
}

impl EventHandler<WlcfDriver> for App {
    type Data = ();

    fn event(&mut self, this: WlcfDriver, event: wlcf_driver::Event) -> HandlerResult {
        use wlcf_driver::Event;
        match event {
            Event::MakeChild => {
                let child = this.create_child(&mut self.client)?;
                self.add_child(child)?;
            }
            Event::DestroyChild { index } => {
                if let Some(child) = self.children.get(index as usize) {
                    child.destroy(&mut self.client)?;
                }
            }
            Event::Pause => {
                this.ready(&mut self.client, 0)?;
                self.flush();
                println!("paused");
                io::stdin().read_line(&mut String::new()).map_err(internal)?;
                this.ready(&mut self.client, 1)?;
                self.flush();
            }
            Event::Roundtrip => match client::roundtrip(self) {
                Err(Error::Reentrant) => {
                    println!("roundtrip refused");
                    self.late.push_back(Late::Roundtrip);
                }
                Ok(()) => println!("roundtrip ok"),
                Err(error) => return Err(internal(error)),
            },
            Event::Files { count } => {
                for index in 0..count {
                    this.file(&mut self.client, index, numbered_file(index).map_err(internal)?)?;
                }
                self.client.flush();
                println!("sent-files {count}");
            }
            Event::Flood { count } => {
                for _ in 0..count {
                    this.data(&mut self.client, &DATA)?;
                }
                println!("flood {}", if self.client.flush() { "sent" } else { "blocked" });
            }
            Event::IdleRead => self.late.push_back(Late::IdleRead),
            Event::WaitThreads { count } => self.late.push_back(Late::WaitThreads(count)),
            Event::OtherQueue => println!("unsupported other_queue"),
            Event::DrainQueue => println!("unsupported drain_queue"),
            Event::Finish => self.finished = true,
            Event::Newest => println!("newest"),
        }
        Ok(())
    }
}

impl App {
    /// Sends what is queued, to a socket that is not full; with faults it may say so for a moment.
    fn flush(&mut self) {
        for _ in 0..10 {
            if self.client.flush() {
                break;
            }
        }
    }
}

impl Late {
    pub(crate) fn carry_out(self, app: &mut App) -> wayline::Result {
        match self {
            Late::Roundtrip => client::roundtrip(app)?,
            Late::IdleRead => {
                client::turn(app)?;
                println!("idle-read ok");
            }
            Late::WaitThreads(count) => {
                println!("waiting {count}");
                let app = Mutex::new(app);
                // One waits for the socket, the others for their turn to do so.
                let wait = || {
                    let mut app = app.lock().unwrap_or_else(PoisonError::into_inner);
                    let before = app.client.stats().messages_in;
                    loop {
                        match client::dispatch(*app, None) {
                            Ok(_) if app.client.stats().messages_in > before => break println!("thread-returned"),
                            // Woken by less than a message.
                            Ok(_) => {}
                            Err(error) => break report("thread-", &error),
                        }
                    }
                };
                thread::scope(|scope| {
                    for _ in 0..count {
                        scope.spawn(wait);
                    }
                });
            }
        }
        Ok(())
    }
}

/// A file that holds the number as text.
fn numbered_file(number: u32) -> io::Result<OwnedFd> {
    let mut file = File::from(rustix::fs::memfd_create("index", MemfdFlags::CLOEXEC)?);
    write!(file, "{number}")?;
    Ok(file.into())
}

fn internal(error: impl ToString) -> HandlerError {
    HandlerError::internal(error.to_string())
}
