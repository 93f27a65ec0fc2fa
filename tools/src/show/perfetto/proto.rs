//! The part of Perfetto's trace format that is written here. Names are ours; numbers and types are those of the format.

/// The one sequence that packets are of.
pub(super) const SEQUENCE: Option<u32> = Some(1);

/// A whole file.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Trace {
    #[prost(message, repeated, tag = "1")]
    pub(super) packets: Vec<TracePacket>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct TracePacket {
    /// In nanoseconds.
    #[prost(uint64, optional, tag = "8")]
    pub(super) timestamp: Option<u64>,
    #[prost(uint32, optional, tag = "10")]
    pub(super) sequence: Option<u32>,
    #[prost(message, optional, tag = "11")]
    pub(super) event: Option<TrackEvent>,
    #[prost(message, optional, tag = "60")]
    pub(super) track: Option<TrackDescriptor>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct TrackDescriptor {
    #[prost(uint64, required, tag = "1")]
    pub(super) uuid: u64,
    #[prost(string, optional, tag = "2")]
    pub(super) name: Option<String>,
    #[prost(message, optional, tag = "3")]
    pub(super) process: Option<ProcessDescriptor>,
    #[prost(uint64, optional, tag = "5")]
    pub(super) parent: Option<u64>,
    #[prost(message, optional, tag = "8")]
    pub(super) counter: Option<CounterDescriptor>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ProcessDescriptor {
    #[prost(int32, required, tag = "1")]
    pub(super) pid: i32,
    #[prost(string, required, tag = "6")]
    pub(super) name: String,
}

/// That a track is one of numbers.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct CounterDescriptor {}

#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub(super) enum EventKind {
    SliceBegin = 1,
    SliceEnd = 2,
    Instant = 3,
    Counter = 4,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct TrackEvent {
    #[prost(message, repeated, tag = "4")]
    pub(super) annotations: Vec<DebugAnnotation>,
    #[prost(enumeration = "EventKind", required, tag = "9")]
    pub(super) kind: i32,
    #[prost(uint64, required, tag = "11")]
    pub(super) track: u64,
    #[prost(string, repeated, tag = "22")]
    pub(super) categories: Vec<String>,
    #[prost(string, optional, tag = "23")]
    pub(super) name: Option<String>,
    #[prost(int64, optional, tag = "30")]
    pub(super) counter: Option<i64>,
    #[prost(fixed64, repeated, packed = "false", tag = "47")]
    pub(super) flows: Vec<u64>,
    #[prost(fixed64, repeated, packed = "false", tag = "48")]
    pub(super) terminating_flows: Vec<u64>,
}

impl TrackEvent {
    pub(super) fn new(kind: EventKind) -> TrackEvent {
        TrackEvent { kind: kind.into(), ..TrackEvent::default() }
    }
}

/// A named value: one of these, or none.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct DebugAnnotation {
    #[prost(bool, optional, tag = "2")]
    pub(super) boolean: Option<bool>,
    #[prost(uint64, optional, tag = "3")]
    pub(super) unsigned: Option<u64>,
    #[prost(int64, optional, tag = "4")]
    pub(super) signed: Option<i64>,
    #[prost(double, optional, tag = "5")]
    pub(super) float: Option<f64>,
    #[prost(string, optional, tag = "6")]
    pub(super) text: Option<String>,
    #[prost(string, optional, tag = "10")]
    pub(super) name: Option<String>,
    #[prost(message, repeated, tag = "11")]
    pub(super) entries: Vec<DebugAnnotation>,
    #[prost(message, repeated, tag = "12")]
    pub(super) elements: Vec<DebugAnnotation>,
}

impl DebugAnnotation {
    pub(super) fn named(name: &str) -> DebugAnnotation {
        DebugAnnotation { name: (!name.is_empty()).then(|| name.to_owned()), ..DebugAnnotation::default() }
    }
}
