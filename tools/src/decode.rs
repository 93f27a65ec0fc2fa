//! `wayline decode`: prints a capture.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use wayline_codegen::command::Color;

use crate::capture::packet::Body;
use crate::capture::pcapng::Reader;
use crate::capture::replay::Replay;
use crate::catalog::Catalog;
use crate::inspect::Show;

#[derive(Debug, Args)]
pub(crate) struct Decode {
    /// The capture.
    #[arg(value_name = "FILE.pcapng")]
    file: PathBuf,
    #[command(flatten)]
    show: Show,
}

impl Decode {
    pub(crate) fn run(&self, color: Color) -> ExitCode {
        match self.decode(color) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        }
    }

    fn open(&self) -> Result<Reader<BufReader<File>>, String> {
        let file = File::open(&self.file).map_err(|error| format!("{}: {error}", self.file.display()))?;
        Ok(Reader::new(BufReader::new(file)))
    }

    fn decode(&self, color: Color) -> Result<(), String> {
        // Twice: first for the protocols, as far as it can be read.
        let mut files = Vec::new();
        let mut reader = self.open()?;
        while let Ok(Some(packet)) = reader.next() {
            if let Body::Description { name, text } = packet.body {
                files.push((name, text));
            }
        }
        let mut replay = Replay::new(self.show.watch(Catalog::of_files(files)?, Vec::new(), color)?)?;
        let mut reader = self.open()?;
        let read = loop {
            match reader.next() {
                Ok(Some(packet)) => replay.packet(&packet),
                Ok(None) => break Ok(()),
                Err(error) => break Err(format!("{}: {error}", self.file.display())),
            }
        };
        replay.finish()?;
        read
    }
}
