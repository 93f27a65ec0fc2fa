//! `wayline dissector`: a dissector for Wireshark, of tables that are made of protocol files and a program that is always
//! the same.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use wayline_codegen::Builder;
use wayline_codegen::model::{ArgKind, Message, Protocol};
use wayline_codegen::source::Source;

use crate::catalog;
use crate::output;
use crate::record::FdKind;

/// What reads the tables.
const PROGRAM: &str = include_str!("dissector.lua");

#[derive(Debug, Args)]
pub(crate) struct Dissector {
    /// Protocol files. `wl_display` and the other interfaces of every connection are known without any.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// File to write to; standard output without it.
    #[arg(long, short, value_name = "FILE.lua")]
    output: Option<PathBuf>,
}

impl Dissector {
    pub(crate) fn run(&self) -> ExitCode {
        match self.write() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::from(2)
            }
        }
    }

    fn write(&self) -> Result<(), String> {
        let lua = of_files(&self.files)?;
        match &self.output {
            None => output::print(lua.as_bytes()),
            Some(path) => output::write(path, lua.as_bytes()),
        }
    }
}

/// The dissector for the interfaces of these files.
pub(crate) fn of_files(files: &[PathBuf]) -> Result<String, String> {
    let mut protocols = catalog::bootstrap();
    for path in files {
        let text = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let source = Source::new(path.display().to_string(), text);
        let models = Builder::new().source(source).model().map_err(|error| catalog::one_report(&error))?;
        protocols.extend(models);
    }
    Ok(render(&protocols))
}

fn render(protocols: &[Protocol]) -> String {
    let mut lua =
        String::from("-- A dissector for captures of `wayline inspect --write`, written by `wayline dissector`.\n");
    let fds = (0..=u8::MAX).filter_map(|number| Some((number, FdKind::of_number(number)?)));
    let fds: Vec<String> = fds.map(|(number, kind)| format!("[{number}] = {}", quoted(&kind.to_string()))).collect();
    let _ = writeln!(lua, "local FDS = {{ {} }}", fds.join(", "));
    let _ = writeln!(lua, "local BIG_ENDIAN = {}\nlocal INTERFACES = {{", cfg!(target_endian = "big"));
    for interface in protocols.iter().flat_map(|protocol| &protocol.interfaces) {
        let _ = writeln!(lua, "    [{}] = {{", quoted(&interface.name));
        for (side, messages) in [("requests", &interface.requests), ("events", &interface.events)] {
            let _ = writeln!(lua, "        {side} = {{");
            messages.iter().for_each(|message| table(&mut lua, message));
            lua.push_str("        },\n");
        }
        lua.push_str("    },\n");
    }
    lua.push_str("}\n\n");
    lua + PROGRAM
}

/// The table of a message. Writing to a String cannot fail.
fn table(lua: &mut String, message: &Message) {
    let _ = write!(lua, "            [{}] = {{ name = {}, args = {{ ", message.opcode, quoted(&message.name));
    for arg in &message.args {
        let (kind, interface) = match &arg.kind {
            ArgKind::Int(_) => ("i", None),
            ArgKind::Uint(_) => ("u", None),
            ArgKind::Fixed => ("f", None),
            ArgKind::String { .. } => ("s", None),
            ArgKind::Array => ("a", None),
            ArgKind::Fd => ("h", None),
            ArgKind::Object { interface, .. } => ("o", interface.as_ref()),
            ArgKind::NewId { interface: Some(interface) } => ("n", Some(interface)),
            ArgKind::NewId { interface: None } => ("N", None),
        };
        let _ = write!(lua, "{{ \"{kind}\", {}", quoted(&arg.name));
        if let Some(interface) = interface {
            let _ = write!(lua, ", {}", quoted(&interface.name));
        }
        lua.push_str(" }, ");
    }
    lua.push_str("} },\n");
}

/// A string of Lua. Names have none of what would have to be escaped, but that is the checker's business.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b' ' => quoted.push(char::from(byte)),
            // Writing to a String cannot fail.
            byte => drop(write!(quoted, "\\x{byte:02x}")),
        }
    }
    quoted.push('"');
    quoted
}
