//! What is logged, for tests that count lines.

use std::sync::{Arc, Mutex, OnceLock};

use tracing::field::{Field, Visit};
use tracing::{Dispatch, Event, Metadata, Subscriber, span};

/// Keeps what is logged.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<String>>>);

/// Lets lines be collected on any thread from now on. Each test of a file that collects lines calls this first.
///
/// While a process has one subscriber, tracing asks only the thread that logs a line first whether anybody wants it.
/// If that is a test that collects nothing, the line is switched off for all (tracing-core 0.1, `Rebuilder::JustOne`).
pub(crate) fn ready() {
    static WANTED: OnceLock<[Dispatch; 2]> = OnceLock::new();
    WANTED.get_or_init(|| [Lines::default(), Lines::default()].map(Dispatch::new));
}

impl Lines {
    /// What `act` logs on this thread; `act` sees what it has logged so far.
    pub(crate) fn of(act: impl FnOnce(&Lines)) -> Lines {
        ready();
        let lines = Lines::default();
        tracing::subscriber::with_default(lines.clone(), || act(&lines));
        lines
    }

    pub(crate) fn containing(&self, text: &str) -> Vec<String> {
        self.0.lock().unwrap().iter().filter(|line| line.contains(text)).cloned().collect()
    }
}

impl Subscriber for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &Event<'_>) {
        struct Message(String);
        impl Visit for Message {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                if field.name() == "message" {
                    self.0 = format!("{value:?}");
                }
            }
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        self.0.lock().unwrap().push(message.0);
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}
