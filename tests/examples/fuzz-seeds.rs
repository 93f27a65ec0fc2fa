//! Writes what the kit's cases do as first inputs of the fuzz targets: `fuzz-seeds DIRECTORY`.
//!
//! The server and client cases run against the probes, and what the kit sends to them is written down; so are the bytes
//! that the codec cases feed, and the files of the scanner cases. `tests/fuzz/seeds` calls it.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::error::Error;
use std::fs;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use wayline_conformance::case::Selection;
use wayline_conformance::codec::{self, Bench, Codec, Decoded, Kind, Reference, Refused, Value};
use wayline_conformance::server::{self, Start};
use wayline_conformance::socket::record::{self, Sent};
use wayline_conformance::target::Template;
use wayline_conformance::{client, scanner};

/// Longer inputs make fuzzing slow; floods say no more than their beginning.
const MOST: usize = 2000;
const PATIENCE: Duration = Duration::from_secs(5);

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args_os().nth(1).map(PathBuf::from).ok_or("usage: fuzz-seeds DIRECTORY")?;
    let programs = std::env::current_exe()?.parent().map(Path::to_owned).ok_or("no directory of programs")?;
    let all = Selection::default();

    let seeds = Rc::new(RefCell::new(Seeds::new(directory.join("codec"))?));
    let writer = Rc::clone(&seeds);
    let connect = move || -> Box<dyn Codec> {
        Box::new(Recorder { codec: Reference::default(), fed: Vec::new(), seeds: Rc::clone(&writer) })
    };
    codec::run(&mut Bench::new(Box::new(connect), 20), &all, &mut |_| {});

    let files = Seeds::new(directory.join("xml"))?.directory;
    let copy = format!("cp \"$0\" \"$(mktemp -p '{}' kit-XXXXXXXX)\"", files.display());
    let check = Template::new(vec!["sh".into(), "-c".into(), copy, "{file}".into()])?;
    scanner::run(&scanner::Target { check, generate: None }, &all, &mut |_| {})?;

    let server = Template::new(vec![program(&programs, "probe-server"), "--socket".into(), "{socket}".into()])?;
    let target = server::Target::new(Start::Command(server), PATIENCE);
    let mut seeds = Seeds::new(directory.join("server"))?;
    record::take();
    server::run(&target, &all, &mut |_| seeds.write_all(record::take()))?;

    let target =
        client::Target { command: Template::new(vec![program(&programs, "probe-client")])?, patience: PATIENCE };
    let mut seeds = Seeds::new(directory.join("client"))?;
    client::run(&target, &all, &mut |_| seeds.write_all(record::take()));
    Ok(())
}

fn program(directory: &Path, name: &str) -> String {
    directory.join(name).display().to_string()
}

/// The inputs of one target.
struct Seeds {
    directory: PathBuf,
    written: HashSet<Vec<u8>>,
}

impl Seeds {
    fn new(directory: PathBuf) -> std::io::Result<Seeds> {
        fs::create_dir_all(&directory)?;
        Ok(Seeds { directory, written: HashSet::new() })
    }

    fn write(&mut self, input: &[u8]) {
        // Crowds of clients all say the same.
        if input.len() <= MOST && self.written.insert(input.to_vec()) {
            let path = self.directory.join(format!("kit-{}", self.written.len()));
            fs::write(path, input).expect("a seed cannot be written");
        }
    }

    /// Writes the script of each stream: every send is one read at the other end, and then comes a turn.
    fn write_all(&mut self, sent: Vec<Sent>) {
        let mut scripts: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
        for Sent { stream, bytes, fds } in sent {
            let script = scripts.entry(stream).or_insert_with(|| vec![0]);
            for chunk in bytes.chunks(0x3fff) {
                script.push((fds.min(31) as u8) << 3);
                script.extend((chunk.len() as u16).to_le_bytes());
                script.extend(chunk);
                script.push(1);
            }
        }
        scripts.values().for_each(|script| self.write(script));
    }
}

/// Writes down the first message that is fed, for a message of the fuzzer's protocol that has such arguments.
struct Recorder {
    codec: Reference,
    fed: Vec<u8>,
    seeds: Rc<RefCell<Seeds>>,
}

impl Codec for Recorder {
    fn encode(
        &mut self,
        object: u32,
        opcode: u16,
        signature: &[Kind],
        values: &[Value],
        fds: Vec<OwnedFd>,
    ) -> Result<(Vec<u8>, Vec<OwnedFd>), Refused> {
        let encoded = self.codec.encode(object, opcode, signature, values, fds)?;
        self.seeds.borrow_mut().write(&input(signature, &encoded.0));
        Ok(encoded)
    }

    fn feed(&mut self, bytes: &[u8], fds: Vec<OwnedFd>) {
        self.fed.extend(bytes);
        self.codec.feed(bytes, fds);
    }

    fn next(&mut self, signature: &[Kind]) -> Result<Option<Decoded>, Refused> {
        if !self.fed.is_empty() {
            self.seeds.borrow_mut().write(&input(signature, &std::mem::take(&mut self.fed)));
        }
        self.codec.next(signature)
    }

    fn pending(&self) -> usize {
        self.codec.pending()
    }

    fn set_limit(&mut self, bytes: usize) {
        self.codec.set_limit(bytes);
    }

    fn fixed_from(&self, number: f64) -> Option<i32> {
        self.codec.fixed_from(number)
    }

    fn fixed_to_int(&self, fixed: i32) -> i32 {
        self.codec.fixed_to_int(fixed)
    }

    fn fixed_to_double(&self, fixed: i32) -> f64 {
        self.codec.fixed_to_double(fixed)
    }

    fn print(&self, kind: Kind, value: &Value) -> Option<String> {
        self.codec.print(kind, value)
    }
}

/// As the target reads it: the message of kinds.xml, how many fds, the body.
fn input(signature: &[Kind], bytes: &[u8]) -> Vec<u8> {
    let has = |wanted: fn(&Kind) -> bool| signature.iter().any(wanted);
    let fds = signature.iter().filter(|kind| **kind == Kind::Fd).count();
    let opcode = match () {
        () if fds > 0 => 3,
        () if has(|kind| matches!(kind, Kind::Text { .. } | Kind::Array)) => 1,
        () if has(|kind| matches!(kind, Kind::Object { .. })) => 2,
        () if has(|kind| *kind == Kind::NewId) => 4,
        () => 0,
    };
    [&[opcode << 2, fds.min(3) as u8], bytes.get(8..).unwrap_or_default()].concat()
}
