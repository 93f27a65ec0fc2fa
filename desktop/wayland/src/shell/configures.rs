//! Configurations of a surface: which were sent, and what was acknowledged.

use std::collections::VecDeque;

use wayline::carry::{Carry, CarryError, Loader, Refusal, Saver};

/// Most configurations that a client is sent before it acknowledges one. What changes until then is told afterwards.
const MAX_UNANSWERED: usize = 16;

/// Most configurations that are remembered for clients that may acknowledge them late.
const MAX_SENT: usize = 1024;

/// The configurations of a surface, each of which says `T`.
#[derive(Debug, Default)]
pub(crate) struct Configures<T> {
    /// Whether the first commit was made, which asks for a configuration.
    pub(crate) initial: bool,
    /// Whether one was acknowledged.
    pub(crate) configured: bool,
    /// What was acknowledged since the last commit.
    pub(crate) acknowledged: Option<T>,
    /// The serial of each, what it says, and which life of the surface it was for: each ends when it is unmapped.
    sent: VecDeque<(u32, T, u32)>,
    unanswered: usize,
    /// Whether a configuration is owed that was not sent, because too many are unanswered.
    is_owed: bool,
    life: u32,
}

impl<T: Carry> Carry for Configures<T> {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        let Configures { initial, configured, acknowledged, sent, unanswered: _, is_owed, life } = self;
        [initial, configured, is_owed].into_iter().try_for_each(|flag| saver.put(flag))?;
        saver.put(acknowledged)?;
        saver.put(sent)?;
        saver.put(life)
    }

    fn load(loader: &mut Loader<'_>) -> Result<Configures<T>, CarryError> {
        let [initial, configured, is_owed] = loader.get()?;
        let (acknowledged, sent, life): (_, VecDeque<(u32, T, u32)>, _) = loader.get()?;
        let unanswered = sent.iter().filter(|(.., of)| *of == life).count();
        Ok(Configures { initial, configured, acknowledged, sent, unanswered, is_owed, life })
    }
}

impl<T> Configures<T> {
    /// Whether a first configuration was sent.
    pub(crate) fn was_configured(&self) -> bool {
        self.configured || self.unanswered > 0
    }

    /// Whether another one may be sent: not before the first commit. If too many are unanswered, it is owed.
    pub(crate) fn may_send(&mut self) -> bool {
        self.is_owed = self.unanswered >= MAX_UNANSWERED;
        self.initial && !self.is_owed
    }

    pub(crate) fn push(&mut self, serial: u32, says: T) {
        if self.sent.len() >= MAX_SENT {
            self.sent.pop_front();
        }
        self.unanswered += 1;
        self.sent.push_back((serial, says, self.life));
    }

    /// The client acknowledges a configuration. Those before it are answered as well; one of an earlier life means
    /// nothing any more. Returns whether one is owed now; `None` if there is no such serial to acknowledge.
    pub(crate) fn acknowledge(&mut self, serial: u32) -> Option<bool> {
        let at = self.sent.iter().position(|(sent, ..)| *sent == serial)?;
        for (_, says, life) in self.sent.drain(..=at) {
            if life == self.life {
                self.unanswered -= 1;
                self.configured = true;
                self.acknowledged = Some(says);
            }
        }
        Some(std::mem::take(&mut self.is_owed))
    }

    /// Back to the state before the first commit.
    pub(crate) fn start_again(&mut self) {
        self.life = self.life.wrapping_add(1);
        (self.unanswered, self.is_owed) = (0, false);
        (self.initial, self.configured, self.acknowledged) = (false, false, None);
    }
}
