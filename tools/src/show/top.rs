//! `--top`: a table of connections instead of lines.

use std::collections::BTreeMap;
use std::fmt::Write;

use wayline::Escaped;
use wayline::dynamic::{Direction, Relay};

use crate::record::Micros;

/// What went through a connection.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) requests: u64,
    pub(crate) events: u64,
    pub(crate) bytes: u64,
    pub(crate) fds: u64,
}

/// What a connection has passed on, and what waits in it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Flow {
    pub(crate) counts: Counts,
    /// Bytes that wait for the client and for the server.
    pub(crate) queued: (usize, usize),
}

impl Flow {
    pub(crate) fn of(relay: &Relay) -> Flow {
        let (requests, events) = (relay.passed(Direction::Request), relay.passed(Direction::Event));
        let counts = Counts {
            requests: requests.messages,
            events: events.messages,
            bytes: requests.bytes + events.bytes,
            fds: requests.fds + events.fds,
        };
        Flow { counts, queued: (relay.client().queued().0, relay.server().queued().0) }
    }
}

/// A connection as it is now.
pub(crate) struct Row<'a> {
    pub(crate) connection: u32,
    pub(crate) program: &'a str,
    pub(crate) flow: Flow,
    pub(crate) faults: u64,
    pub(crate) objects: usize,
}

/// Remembers the last table, for rates.
#[derive(Default)]
pub(crate) struct Top {
    before: BTreeMap<u32, Counts>,
    at: Micros,
}

impl Top {
    /// The table, with rates since the last one.
    pub(crate) fn table(&mut self, now: Micros, rows: &[Row<'_>]) -> String {
        let span = now.saturating_sub(self.at).max(1);
        let rate = |now: u64, before: u64| now.saturating_sub(before).saturating_mul(1_000_000) / span;
        let mut text = format!(
            "{:<20} {:>10} {:>10} {:>10} {:>8} {:>6} {:>10} {:>10} {:>6}\n",
            "program", "requests/s", "events/s", "kB/s", "objects", "fds", "to client", "to server", "faults"
        );
        for row in rows {
            let before = self.before.get(&row.connection).copied().unwrap_or_default();
            let Flow { counts, queued } = row.flow;
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "{:<20} {:>10} {:>10} {:>10} {:>8} {:>6} {:>10} {:>10} {:>6}",
                format!("{}-{}", Escaped(row.program), row.connection),
                rate(counts.requests, before.requests),
                rate(counts.events, before.events),
                rate(counts.bytes, before.bytes) / 1000,
                row.objects,
                counts.fds,
                queued.0,
                queued.1,
                row.faults
            );
        }
        self.before = rows.iter().map(|row| (row.connection, row.flow.counts)).collect();
        self.at = now;
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_those_since_the_last_table_and_the_rest_are_totals() {
        let mut top = Top::default();
        let mut row = Row {
            connection: 2,
            program: "foot",
            flow: Flow { counts: Counts { requests: 10, events: 20, bytes: 30_000, fds: 4 }, queued: (0, 12) },
            faults: 0,
            objects: 7,
        };
        top.table(1_000_000, &[Row { ..row }]);
        row.flow.counts = Counts { requests: 16, events: 20, bytes: 50_000, fds: 5 };
        row.faults = 1;
        let table = top.table(3_000_000, &[row]);
        let words: Vec<&str> = table.lines().nth(1).unwrap().split_whitespace().collect();
        assert_eq!(words, ["foot-2", "3", "0", "10", "7", "5", "0", "12", "1"]);
    }
}
