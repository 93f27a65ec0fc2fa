//! What can be wrong with a connection. Each kind has a name, and one line says it.

use std::fmt;

use crate::record::Micros;

/// Something that users suffer from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) rule: Rule,
    pub(crate) text: String,
}

/// `dead-object: wl_surface#3 is dead …`
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule.name(), self.text)
    }
}

macro_rules! rules {
    ($($rule:ident $name:literal)*) => {
        /// Kinds of faults.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Rule {
            $($rule),*
        }

        impl Rule {
            pub(crate) fn name(self) -> &'static str {
                match self { $(Rule::$rule => $name),* }
            }

            pub(crate) fn of_name(name: &str) -> Option<Rule> {
                match name {
                    $($name => Some(Rule::$rule),)*
                    _ => None,
                }
            }
        }
    };
}

rules! {
    ProtocolError "protocol-error"
    DeadObject "dead-object"
    Refused "refused"
    Padding "padding-not-zero"
    RequestTooNew "request-too-new"
    EventTooNew "event-too-new"
    BindAboveOffer "bind-above-offer"
    BindUnknownName "bind-unknown-name"
    BindRemoved "bind-removed"
    BindOther "bind-wrong-interface"
    UnknownSerial "unknown-serial"
    WrongAck "wrong-ack"
    WrongPong "wrong-pong"
    Unconfigured "unconfigured-buffer"
    ShellEndedFirst "shell-ended-first"
    RoleEndedLast "surface-ended-first"
    NoDamage "no-damage"
    BufferEnded "buffer-ended-in-use"
    PoolTooLarge "file-too-small"
    OutsidePool "buffer-outside-pool"
    PingUnanswered "ping-unanswered"
    SyncUnanswered "sync-unanswered"
    FrameUnanswered "frame-unanswered"
    ConfigureUnanswered "configure-unanswered"
    Uncommitted "uncommitted"
    BufferKept "buffer-not-released"
    PeerBehind "peer-not-reading"
    Broken "broken-connection"
}

impl Rule {
    pub(crate) fn fault(self, text: impl Into<String>) -> Fault {
        Fault { rule: self, text: text.into() }
    }

    /// The fault of an answer that did not come in time.
    pub(super) fn overdue(self, interface: &str, id: u32, patience: Micros) -> Fault {
        let object = format!("{interface}#{id}");
        let long = format!("{} ms", patience / 1000);
        self.fault(match self {
            Rule::PingUnanswered => {
                format!("{object}.ping is unanswered for {long}: the client hangs, or does not send pong")
            }
            Rule::SyncUnanswered => format!("{object} of wl_display.sync is not done for {long}: the server hangs"),
            Rule::FrameUnanswered => {
                format!(
                    "{object} of wl_surface.frame is not done for {long}: the surface is hidden, or the server hangs"
                )
            }
            Rule::ConfigureUnanswered => {
                format!("{object}.configure is unanswered for {long}: the window stays as it is until ack_configure")
            }
            Rule::Uncommitted => {
                format!("{object} has changes that are not committed for {long}: nothing is shown before .commit")
            }
            Rule::BufferKept => {
                format!("{object} is replaced and not released for {long}: the server keeps it, the client may run out")
            }
            _ => format!("{object} waits for {long}"),
        })
    }
}
