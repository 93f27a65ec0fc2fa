//! Connections as a capture has them, message by message, with times that are chosen here: what is said of faults that
//! users report, and how lines look.

mod dissector;
mod faults;
pub(crate) mod lines;
#[path = "../tests/support/wireshark.rs"]
mod wireshark;

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use wayline::dynamic::{Direction, Message, Protocols, Value};

use crate::capture::packet::{Body, End, Packet};
use crate::capture::pcapng::Writer;
use crate::capture::replay::Replay;
use crate::catalog::Catalog;
use crate::filter::Filter;
use crate::record::{FdInfo, FdKind, Micros};
use crate::show::Sink;
use crate::show::line::{Format, Printer};
use crate::watch::{Options, Watch};

/// What is not answered for so long is a fault.
const PATIENCE: Micros = 1_000_000;

#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A connection that is made up. A millisecond passes with each message.
pub(crate) struct Talk {
    replay: Replay,
    paper: Paper,
    protocols: Protocols,
    at: Micros,
}

impl Talk {
    /// A connection with these objects: 2 wl_registry, 3 wl_compositor, 4 wl_shm, 5 xdg_wm_base, 6 wl_seat. Ids up to 40
    /// were used, so that new objects may have any of them.
    fn new() -> Talk {
        Talk::filtered(&[])
    }

    fn filtered(filters: &[&str]) -> Talk {
        let mut talk = Talk::with(Format::Text, filters);
        talk.request("wl_display", 1, "get_registry", vec![Value::NewId(2)]);
        let globals = [("wl_compositor", 4), ("wl_shm", 1), ("xdg_wm_base", 3), ("wl_seat", 5)];
        for (name, (interface, version)) in (1..).zip(globals) {
            talk.global(name, interface, version);
            talk.bind(name, interface, version, name + 2);
        }
        (7..=40).for_each(|id| talk.sync(id));
        for id in 7..=40 {
            talk.event("wl_callback", id, "done", vec![Value::Uint(0)]);
            talk.event("wl_display", 1, "delete_id", vec![Value::Uint(id)]);
        }
        talk
    }

    fn with(format: Format, filters: &[&str]) -> Talk {
        Talk::captured(format, filters, None)
    }

    /// As [`Talk::with`], with a capture beside it.
    fn captured(format: Format, filters: &[&str], capture: Option<std::fs::File>) -> Talk {
        let paper = Paper::default();
        let sink = Printer::new(Box::new(paper.clone()), format, false);
        Talk { paper, ..Talk::shown(filters, capture, Box::new(sink)) }
    }

    /// As [`Talk::captured`], shown in another way.
    pub(crate) fn shown(filters: &[&str], capture: Option<std::fs::File>, sink: Box<dyn Sink>) -> Talk {
        // Not what this machine has installed.
        let catalog = Catalog::of_builtin();
        let protocols = catalog.protocols().clone();
        let filters: Vec<Filter> = filters.iter().map(|filter| filter.parse().unwrap()).collect();
        let options = Options { filters, stop_at: Vec::new(), patience: PATIENCE };
        let mut watch = Watch::new(catalog, options, sink);
        if let Some(file) = capture {
            watch.write_to(Writer::new(file));
        }
        let (replay, paper) = (Replay::new(watch).unwrap(), Paper::default());
        let mut talk = Talk { replay, paper, protocols, at: 0 };
        talk.packet(Body::Connected { program: "app".into(), pid: Some(7) });
        talk
    }

    fn packet(&mut self, body: Body) {
        self.at += 1000;
        self.replay.packet(&Packet { at: self.at, connection: 1, body });
    }

    fn pass(&mut self, time: Micros) {
        self.at += time;
    }

    fn say(
        &mut self,
        direction: Direction,
        interface: &str,
        object: u32,
        name: &str,
        values: Vec<Value>,
        fds: &[FdInfo],
    ) {
        let interface = self.protocols.get(interface).unwrap();
        let opcode = interface.opcode(direction, name).unwrap();
        let signature = &interface.messages(direction)[usize::from(opcode)];
        let (bytes, _) = signature.encode(Message { object, opcode, values }).unwrap();
        self.packet(Body::Message { direction, fds: fds.to_vec(), bytes });
    }

    pub(crate) fn request(&mut self, interface: &str, object: u32, name: &str, values: Vec<Value>) {
        self.say(Direction::Request, interface, object, name, values, &[]);
    }

    pub(crate) fn event(&mut self, interface: &str, object: u32, name: &str, values: Vec<Value>) {
        self.say(Direction::Event, interface, object, name, values, &[]);
    }

    fn global(&mut self, name: u32, interface: &str, version: u32) {
        let values = vec![Value::Uint(name), Value::String(Some(interface.into())), Value::Uint(version)];
        self.event("wl_registry", 2, "global", values);
    }

    fn bind(&mut self, name: u32, interface: &str, version: u32, id: u32) {
        let bound = Value::AnyNewId { interface: interface.into(), version, id };
        self.request("wl_registry", 2, "bind", vec![Value::Uint(name), bound]);
    }

    pub(crate) fn sync(&mut self, id: u32) {
        self.request("wl_display", 1, "sync", vec![Value::NewId(id)]);
    }

    /// Object 10 is a surface.
    fn surface(&mut self) {
        self.request("wl_compositor", 3, "create_surface", vec![Value::NewId(10)]);
    }

    /// Objects 11 and 12 are its `xdg_surface` and `xdg_toplevel`.
    fn window(&mut self) {
        self.surface();
        self.request("xdg_wm_base", 5, "get_xdg_surface", vec![Value::NewId(11), Value::Object(10)]);
        self.request("xdg_surface", 11, "get_toplevel", vec![Value::NewId(12)]);
    }

    fn configure(&mut self, serial: u32) {
        self.event("xdg_surface", 11, "configure", vec![Value::Uint(serial)]);
    }

    fn acknowledge(&mut self, serial: u32) {
        self.request("xdg_surface", 11, "ack_configure", vec![Value::Uint(serial)]);
    }

    /// Object 20 is a pool of this size, whose file has that one.
    fn pool(&mut self, size: i32, file: u64) {
        self.pool_of(4, 20, size, file);
    }

    fn pool_of(&mut self, shm: u32, id: u32, size: i32, file: u64) {
        let null = std::fs::File::open("/dev/null").unwrap();
        let values = vec![Value::NewId(id), Value::Fd(null.into()), Value::Int(size)];
        let fds = [FdInfo { kind: FdKind::Memory, size: file }];
        self.say(Direction::Request, "wl_shm", shm, "create_pool", values, &fds);
    }

    /// A buffer of 8×8 pixels there.
    fn buffer(&mut self, id: u32, offset: i32) {
        let sizes = [offset, 8, 8, 32].map(Value::Int);
        let mut values = vec![Value::NewId(id)];
        values.extend(sizes);
        values.push(Value::Uint(0));
        self.request("wl_shm_pool", 20, "create_buffer", values);
    }

    fn attach(&mut self, buffer: u32) {
        self.request("wl_surface", 10, "attach", vec![Value::Object(buffer), Value::Int(0), Value::Int(0)]);
    }

    fn damage(&mut self) {
        self.request("wl_surface", 10, "damage", [0, 0, 8, 8].map(Value::Int).into());
    }

    fn commit(&mut self) {
        self.request("wl_surface", 10, "commit", Vec::new());
    }

    fn end(&mut self, direction: Direction, end: End) {
        self.packet(Body::Ended { direction, end });
    }

    /// Nothing follows.
    pub(crate) fn finish(self) -> Result<(), String> {
        self.replay.finish()
    }

    fn lines(self) -> Vec<String> {
        let paper = self.paper.clone();
        self.finish().unwrap();
        let bytes = paper.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
    }

    /// The lines that say what is wrong, without time and program.
    fn faults(self) -> Vec<String> {
        let lines = self.lines();
        lines.iter().filter_map(|line| Some(line.split_once(" !! ")?.1.to_owned())).collect()
    }
}
