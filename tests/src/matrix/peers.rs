//! The libwayland peers of the kit, compiled where it runs.
//!
//! Their sources and the probe protocol are part of the command; `cc`, `wayland-scanner` and `pkg-config` come from the
//! system, and so does the libwayland that is judged.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// The probe protocol.
pub const PROTOCOL: &str = include_str!("../../conformance.xml");
const SERVER: &str = include_str!("../../peers/libwayland-server.c");
const CLIENT: &str = include_str!("../../peers/libwayland-client.c");

/// Why a peer could not be compiled.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A tool could not be run, or a file not be written.
    #[error("{what}: {source}")]
    Io {
        /// Which tool or file.
        what: &'static str,
        /// Why.
        source: io::Error,
    },
    /// A tool refused.
    #[error("{tool} failed: {message}")]
    Tool {
        /// Which.
        tool: &'static str,
        /// What it said.
        message: String,
    },
}

/// The compiled peers. They are removed with it.
#[derive(Debug)]
pub struct Peers {
    dir: TempDir,
}

impl Peers {
    /// Compiles server and client.
    ///
    /// # Errors
    /// When a tool or libwayland's headers are missing.
    pub fn build() -> Result<Self, BuildError> {
        let io = |what| move |source| BuildError::Io { what, source };
        let dir = tempfile::Builder::new().prefix("conform-peers-").tempdir().map_err(io("temporary directory"))?;
        // Cases run the client as another user too.
        fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .map_err(io("permissions"))?;
        let peers = Self { dir };
        for (name, content) in [("conformance.xml", PROTOCOL), ("server.c", SERVER), ("client.c", CLIENT)] {
            fs::write(peers.path(name), content).map_err(io("source file"))?;
        }
        for (kind, out) in [
            ("private-code", "protocol.c"),
            ("server-header", "conformance-server.h"),
            ("client-header", "conformance-client.h"),
        ] {
            peers.tool("wayland-scanner", &[kind, "conformance.xml", out])?;
        }
        for (name, library) in [("server", "wayland-server"), ("client", "wayland-client")] {
            let flags = peers.tool("pkg-config", &["--cflags", "--libs", library])?;
            let source = format!("{name}.c");
            let mut words = vec!["-O1", "-g", "-pthread", "-I.", "-o", name, source.as_str(), "protocol.c"];
            words.extend(flags.split_whitespace());
            peers.tool("cc", &words)?;
        }
        Ok(peers)
    }

    /// The server's program.
    #[must_use]
    pub fn server(&self) -> PathBuf {
        self.path("server")
    }

    /// The client's program.
    #[must_use]
    pub fn client(&self) -> PathBuf {
        self.path("client")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn tool(&self, tool: &'static str, words: &[&str]) -> Result<String, BuildError> {
        output(tool, words, self.dir.path())
    }
}

/// What a command prints.
///
/// # Errors
/// When it cannot be run or fails.
pub(super) fn output(tool: &'static str, words: &[&str], dir: &Path) -> Result<String, BuildError> {
    let ran = Command::new(tool).args(words).current_dir(dir).output();
    let ran = ran.map_err(|source| BuildError::Io { what: tool, source })?;
    if ran.status.success() {
        return Ok(String::from_utf8_lossy(&ran.stdout).into_owned());
    }
    Err(BuildError::Tool { tool, message: String::from_utf8_lossy(&ran.stderr).into_owned() })
}
