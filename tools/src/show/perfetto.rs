//! A trace for Perfetto: each connection is a process there, with a track for its requests and one for its events.
//!
//! What asks for an answer by a callback is a slice from the request to `done`, beside the flow from one to the other.
//! Slices of one track must not overlap, so there are as many tracks as slices at a time.

mod proto;

use std::collections::{HashMap, HashSet};
use std::io::{self, BufWriter, Write};

use prost::Message;
use serde_json::Value as Json;
use wayline::dynamic::{ArgKind, ValueRef};

use super::{Seen, Sink, Who, line};
use crate::facts::Fault;
use crate::meaning::Known;
use crate::output::OutputFile;
use crate::record::{Micros, Record};
use proto::{CounterDescriptor, DebugAnnotation, EventKind, ProcessDescriptor, Trace, TracePacket, TrackDescriptor};
use proto::{SEQUENCE, TrackEvent};

/// Tracks of a connection. Those of slices have the numbers from [`FIRST_LANE`] on.
const CONNECTION: u32 = 0;
const REQUESTS: u32 = 1;
const EVENTS: u32 = 2;
const FAULTS: u32 = 3;
const OBJECTS: u32 = 4;
const FIRST_LANE: u32 = 16;

pub(crate) struct Perfetto {
    /// Taken when the trace is finished.
    out: Option<BufWriter<OutputFile>>,
    failed: Option<io::Error>,
    described: HashSet<u64>,
    /// The flow that ends when a callback is done, by connection and id.
    flows: HashMap<(u32, u32), u64>,
    last_flow: u64,
    /// Tracks of slices by connection and what they are of, with the end of the last slice.
    lanes: HashMap<(u32, String), Vec<(u32, Micros)>>,
    last_lane: HashMap<u32, u32>,
    /// Objects as they were told last, by connection.
    objects: HashMap<u32, usize>,
}

impl Perfetto {
    pub(crate) fn new(out: OutputFile) -> Perfetto {
        Perfetto {
            out: Some(BufWriter::new(out)),
            failed: None,
            described: HashSet::new(),
            flows: HashMap::new(),
            last_flow: 0,
            lanes: HashMap::new(),
            last_lane: HashMap::new(),
            objects: HashMap::new(),
        }
    }

    /// Messages of protobuf that follow each other are one: each packet is written as a trace of its own.
    fn packet(&mut self, packet: TracePacket) {
        let Some(out) = &mut self.out else { return };
        let bytes = Trace { packets: vec![packet] }.encode_to_vec();
        if self.failed.is_none()
            && let Err(error) = out.write_all(&bytes)
        {
            self.failed = Some(error);
        }
    }

    fn event(&mut self, at: Micros, event: TrackEvent) {
        let timestamp = Some(at.saturating_mul(1000));
        self.packet(TracePacket { timestamp, sequence: SEQUENCE, event: Some(event), track: None });
    }

    /// The track of a connection with this number, described the first time.
    fn track(&mut self, who: Who<'_>, number: u32, name: &str) -> u64 {
        let uuid = uuid(who.connection, number);
        if self.described.insert(uuid) {
            let parent = (number != CONNECTION).then(|| self.track(who, CONNECTION, ""));
            let process = ProcessDescriptor {
                pid: i32::try_from(who.connection).unwrap_or(i32::MAX),
                name: who.program.to_owned(),
            };
            let track = TrackDescriptor {
                uuid,
                name: parent.map(|_| name.to_owned()),
                process: parent.is_none().then_some(process),
                parent,
                counter: (number == OBJECTS).then_some(CounterDescriptor {}),
            };
            self.packet(TracePacket { timestamp: None, sequence: SEQUENCE, event: None, track: Some(track) });
        }
        uuid
    }

    /// A slice that has just ended.
    fn slice(&mut self, who: Who<'_>, name: &str, begin: Micros, end: Micros) {
        let kind = name.rsplit('.').next().unwrap_or(name).to_owned();
        let lanes = self.lanes.entry((who.connection, kind.clone())).or_default();
        // Slices come in the order of their ends.
        let number = match lanes.iter_mut().find(|lane| lane.1 <= begin) {
            Some(lane) => {
                lane.1 = end;
                lane.0
            }
            None => {
                let next = self.last_lane.entry(who.connection).or_insert(FIRST_LANE);
                *next += 1;
                lanes.push((*next, end));
                *next
            }
        };
        let track = self.track(who, number, &kind);
        let event = |kind| TrackEvent { track, ..TrackEvent::new(kind) };
        let begins = TrackEvent {
            name: Some(name.to_owned()),
            categories: vec!["latency".to_owned()],
            ..event(EventKind::SliceBegin)
        };
        self.event(begin, begins);
        self.event(end, event(EventKind::SliceEnd));
    }

    /// Flows that a message begins, and those that it ends.
    fn flows(&mut self, connection: u32, record: &Record<'_>) -> (Vec<u64>, Vec<u64>) {
        if record.meaning.known == Some(Known::Done) {
            return (Vec::new(), self.flows.remove(&(connection, record.object())).into_iter().collect());
        }
        let mut begun = Vec::new();
        for (arg, value) in record.message.args() {
            if let (ArgKind::NewId { interface }, ValueRef::NewId(id)) = (&arg.kind, value)
                && interface == "wl_callback"
            {
                self.last_flow += 1;
                self.flows.insert((connection, id), self.last_flow);
                begun.push(self.last_flow);
            }
        }
        (begun, Vec::new())
    }
}

impl Sink for Perfetto {
    fn message(&mut self, seen: &Seen<'_>) {
        let &Seen { who, record, notes, remark, objects, .. } = seen;
        let (interface, name) = record.name();
        let (number, side) = if record.is_request() { (REQUESTS, "requests") } else { (EVENTS, "events") };
        let track = self.track(who, number, side);
        let mut annotations = vec![
            text("object", &format!("{interface}#{}", record.object())),
            annotation("arguments", &line::arguments(record, seen.catalog)),
        ];
        annotations.extend(notes.made_by.as_ref().map(|maker| text("made_by", &maker.to_string())));
        annotations.extend(remark.map(|remark| text("remark", remark)));
        let (flows, terminating_flows) = self.flows(who.connection, record);
        let event = TrackEvent {
            track,
            name: Some(format!("{interface}.{name}")),
            categories: vec![side.to_owned()],
            annotations,
            flows,
            terminating_flows,
            ..TrackEvent::new(EventKind::Instant)
        };
        self.event(record.at, event);
        if let (Some(latency), Some(maker)) = (notes.latency, &notes.made_by) {
            self.slice(who, &maker.to_string(), record.at.saturating_sub(latency), record.at);
        }
        if self.objects.insert(who.connection, objects) != Some(objects) {
            let track = self.track(who, OBJECTS, "objects");
            let value = i64::try_from(objects).unwrap_or(i64::MAX);
            self.event(record.at, TrackEvent { track, counter: Some(value), ..TrackEvent::new(EventKind::Counter) });
        }
    }

    fn fault(&mut self, at: Micros, who: Who<'_>, fault: &Fault) {
        let track = self.track(who, FAULTS, "faults");
        let event = TrackEvent {
            track,
            name: Some(fault.rule.name().to_owned()),
            categories: vec!["fault".to_owned()],
            annotations: vec![text("text", &fault.text)],
            ..TrackEvent::new(EventKind::Instant)
        };
        self.event(at, event);
    }

    fn news(&mut self, at: Micros, who: Who<'_>, kind: &str, said: &str) {
        let track = self.track(who, CONNECTION, "");
        let event = TrackEvent {
            track,
            name: Some(kind.to_owned()),
            categories: vec!["connection".to_owned()],
            annotations: vec![text("text", said)],
            ..TrackEvent::new(EventKind::Instant)
        };
        self.event(at, event);
    }

    fn flush(&mut self) -> Result<(), String> {
        Ok(())
    }

    fn finish(&mut self) -> Result<(), String> {
        let failed = |error: io::Error| format!("the trace cannot be written: {error}");
        if let Some(error) = self.failed.take() {
            return Err(failed(error));
        }
        let Some(out) = self.out.take() else { return Ok(()) };
        out.into_inner().map_err(|error| failed(error.into_error()))?.finish()
    }
}

/// Of all tracks of all connections, each has one. None is 0.
fn uuid(connection: u32, track: u32) -> u64 {
    u64::from(connection) << 32 | u64::from(track)
}

fn text(name: &str, value: &str) -> DebugAnnotation {
    DebugAnnotation { text: Some(value.to_owned()), ..DebugAnnotation::named(name) }
}

/// A value as Perfetto has it. It has no null.
fn annotation(name: &str, value: &Json) -> DebugAnnotation {
    let named = DebugAnnotation::named(name);
    match value {
        Json::Null => DebugAnnotation { text: Some("nil".to_owned()), ..named },
        Json::Bool(value) => DebugAnnotation { boolean: Some(*value), ..named },
        Json::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(value), _) => DebugAnnotation { unsigned: Some(value), ..named },
            (None, Some(value)) => DebugAnnotation { signed: Some(value), ..named },
            (None, None) => DebugAnnotation { float: number.as_f64(), ..named },
        },
        Json::String(value) => DebugAnnotation { text: Some(value.clone()), ..named },
        Json::Array(values) => {
            DebugAnnotation { elements: values.iter().map(|value| annotation("", value)).collect(), ..named }
        }
        Json::Object(values) => {
            DebugAnnotation { entries: values.iter().map(|(name, value)| annotation(name, value)).collect(), ..named }
        }
    }
}

#[cfg(test)]
mod tests;
