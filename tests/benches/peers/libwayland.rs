//! Builds the C program in `libwayland`, with what wayland-scanner makes of bench.xml.
//!
//! Nothing of it is kept: it is compiled anew whenever the benchmark runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::trace::Program;

/// What the C program needs and this machine lacks.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Missing {
    /// A program could not be started.
    #[error("`{program}` cannot be run: {source}")]
    Program {
        /// Which.
        program: String,
        /// What the kernel said.
        source: std::io::Error,
    },
    /// A program failed.
    #[error("`{program}` failed: {text}")]
    Failed {
        /// Which.
        program: String,
        /// What it said.
        text: String,
    },
    /// A file could not be written.
    #[error("writing the sources: {0}")]
    Write(#[from] std::io::Error),
}

const SOURCES: [(&str, &str); 3] = [
    ("main.c", include_str!("libwayland/main.c")),
    ("client.c", include_str!("libwayland/client.c")),
    ("server.c", include_str!("libwayland/server.c")),
];

/// Compiles the program into `place`.
pub(crate) fn build(place: &Path) -> Result<PathBuf, Missing> {
    let xml = place.join("bench.xml");
    fs::write(&xml, include_str!("../bench.xml"))?;
    fs::write(place.join("peer.h"), include_str!("libwayland/peer.h"))?;
    for (name, text) in SOURCES {
        fs::write(place.join(name), text)?;
    }
    for program in Program::ALL {
        fs::write(place.join(format!("trace-{}", program.word())), program.text())?;
    }
    for (kind, file) in
        [("client-header", "bench-client.h"), ("server-header", "bench-server.h"), ("private-code", "bench-protocol.c")]
    {
        output(Command::new("wayland-scanner").arg(kind).arg(&xml).arg(place.join(file)))?;
    }
    let flags = output(Command::new("pkg-config").args(["--cflags", "--libs", "wayland-client", "wayland-server"]))?;
    let program = place.join("libwayland-peer");
    let mut compiler = Command::new("cc");
    compiler.arg(format!("-DPLACE=\"{}\"", place.display()));
    compiler.args(["-O2", "-g", "-I"]).arg(place).arg("-o").arg(&program);
    compiler.args(SOURCES.map(|(name, _)| place.join(name))).arg(place.join("bench-protocol.c"));
    compiler.args(flags.split_whitespace());
    output(&mut compiler)?;
    Ok(program)
}

/// The version of the library, if pkg-config knows it.
pub(crate) fn version() -> Option<String> {
    let version = output(Command::new("pkg-config").args(["--modversion", "wayland-server"])).ok()?;
    Some(version.trim().to_owned())
}

fn output(command: &mut Command) -> Result<String, Missing> {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.output() {
        Err(source) => Err(Missing::Program { program, source }),
        Ok(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        Ok(output) => Err(Missing::Failed { program, text: String::from_utf8_lossy(&output.stderr).into_owned() }),
    }
}
