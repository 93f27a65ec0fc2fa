//! A queue through which other threads pass work to the thread of an endpoint.
//!
//! The queue holds closures over the application. A [`Sender`] adds one and wakes the loop through a [`Wake`], which
//! the loop provides.

use std::collections::VecDeque;
use std::error::Error as StdError;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Role;
use super::batch::core;
use crate::conn::Wake;

/// Something to do with the application.
type Job<A> = Box<dyn FnOnce(&mut A) + Send>;

/// Hands work to the thread that drives a [`Server`](crate::Server) or a [`Client`](crate::Client).
///
/// From [`Server::sender`](crate::Server::sender) or [`Client::sender`](crate::Client::sender). Clones are for the same
/// endpoint; each may be used on any thread. What one thread sends is done in its order.
///
/// ```
/// # struct App { server: wayline::Server<App>, heard: Vec<&'static str> }
/// # impl wayline::HasServer for App { fn server(&mut self) -> &mut wayline::Server<App> { &mut self.server } }
/// # #[cfg(not(feature = "io"))] fn main() {}
/// # #[cfg(feature = "io")]
/// # fn main() -> wayline::Result {
/// let mut app = App { server: wayline::Server::new(), heard: Vec::new() };
/// let sender = app.server.sender()?;
/// let other = sender.clone();
/// std::thread::spawn(move || other.send(|app: &mut App| app.heard.push("from a thread"))).join().unwrap().unwrap();
/// sender.send(|app| app.heard.push("from here")).unwrap();
///
/// wayline::server::turn(&mut app)?;
/// assert_eq!(app.heard, ["from a thread", "from here"]);
/// drop(app);
/// assert!(sender.send(|_| ()).is_err(), "nobody is there to do it");
/// # Ok(())
/// # }
/// ```
pub struct Sender<A>(Arc<Shared<A>>);

struct Shared<A> {
    queue: Mutex<Queue<A>>,
    /// Called while the queue is locked, so that the loop is awake exactly while `waiting` is set.
    wake: Box<dyn Wake>,
    /// Whether the loop was woken and has not come yet. Changed while the queue is locked.
    waiting: AtomicBool,
}

struct Queue<A> {
    jobs: VecDeque<Job<A>>,
    closed: bool,
}

/// The endpoint is gone, and with it the application: nothing will be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the endpoint is gone")
    }
}

impl StdError for Closed {}

impl<A> Shared<A> {
    fn lock(&self) -> MutexGuard<'_, Queue<A>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<A> Sender<A> {
    /// Has `job` done on the endpoint's thread, at the end of its present turn or in one that begins now. In it events,
    /// requests and all else can be done with the application, as in a handler.
    ///
    /// Never waits for the other thread. What waits has no limit but memory: whoever sends more than the loop can do has to
    /// hear from it.
    ///
    /// # Errors
    /// [`Closed`] if the endpoint was dropped. A job that was sent before that, and not done, is dropped with it.
    pub fn send(&self, job: impl FnOnce(&mut A) + Send + 'static) -> Result<(), Closed> {
        let mut queue = self.0.lock();
        if queue.closed {
            return Err(Closed);
        }
        queue.jobs.push_back(Box::new(job));
        if !self.0.waiting.swap(true, Ordering::Release) {
            self.0.wake.wake();
        }
        Ok(())
    }
}

impl<A> Clone for Sender<A> {
    fn clone(&self) -> Sender<A> {
        Sender(Arc::clone(&self.0))
    }
}

impl<A> fmt::Debug for Sender<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

/// The end of the queue that is emptied.
pub(crate) struct Jobs<A>(Arc<Shared<A>>);

impl<A> Jobs<A> {
    pub(crate) fn new(wake: Box<dyn Wake>) -> Jobs<A> {
        let queue = Queue { jobs: VecDeque::new(), closed: false };
        Jobs(Arc::new(Shared { queue: Mutex::new(queue), wake, waiting: AtomicBool::new(false) }))
    }

    pub(crate) fn sender(&self) -> Sender<A> {
        Sender(Arc::clone(&self.0))
    }

    /// Whether anything waits.
    pub(crate) fn is_waiting(&self) -> bool {
        self.0.waiting.load(Ordering::Acquire)
    }

    /// How many wait. More of them wake the loop anew.
    fn begin(&self) -> usize {
        let queue = self.0.lock();
        self.0.wake.clear();
        self.0.waiting.store(false, Ordering::Relaxed);
        queue.jobs.len()
    }

    fn next(&self) -> Option<Job<A>> {
        self.0.lock().jobs.pop_front()
    }
}

impl<A> Drop for Jobs<A> {
    fn drop(&mut self) {
        let mut queue = self.0.lock();
        queue.closed = true;
        let jobs = std::mem::take(&mut queue.jobs);
        // What they hold may want to send.
        drop(queue);
        drop(jobs);
    }
}

/// Does what other threads have sent so far. Returns whether there was anything, which a caller may have waited for.
#[inline]
pub(crate) fn do_jobs<A, R: Role<A>>(app: &mut A) -> bool {
    let waiting = core::<A, R>(app).jobs.as_ref().is_some_and(Jobs::is_waiting);
    if waiting {
        do_waiting_jobs::<A, R>(app);
    }
    waiting
}

#[cold]
fn do_waiting_jobs<A, R: Role<A>>(app: &mut A) {
    let count = core::<A, R>(app).jobs.as_ref().map_or(0, Jobs::begin);
    for _ in 0..count {
        let Some(job) = core::<A, R>(app).jobs.as_ref().and_then(Jobs::next) else { break };
        job(app);
    }
}
