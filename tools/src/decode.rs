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
use crate::output::OutputFile;
use crate::progress::Progress;
use crate::show::perfetto::Perfetto;

#[derive(Debug, Args)]
pub(crate) struct Decode {
    /// The capture.
    #[arg(value_name = "FILE.pcapng")]
    file: PathBuf,
    #[command(flatten)]
    show: Show,
    /// Write a trace for Perfetto (ui.perfetto.dev) instead of printing. It has what the filters let through.
    #[arg(long, value_name = "FILE.pftrace", conflicts_with_all = ["output", "format"])]
    perfetto: Option<PathBuf>,
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
        // Lines on a terminal show themselves how far it is.
        let is_seen = self.perfetto.is_none() && self.show.is_on_terminal();
        let size = std::fs::metadata(&self.file).map_or(0, |data| data.len());
        let mut progress = (!is_seen).then(|| Progress::new(format!("reading {}", self.file.display()), 2 * size));
        let mut at = |done| progress.iter_mut().for_each(|progress| progress.at(done));
        while let Ok(Some(packet)) = reader.next() {
            at(reader.position());
            if let Body::Description { name, text } = packet.body {
                files.push((name, text));
            }
        }
        let catalog = Catalog::of_files(files)?;
        let watch = match &self.perfetto {
            None => self.show.watch(catalog, Vec::new(), color)?,
            Some(path) => {
                let trace = Perfetto::new(OutputFile::create(path)?);
                self.show.watch_for(catalog, Vec::new(), Box::new(trace))
            }
        };
        let mut replay = Replay::new(watch)?;
        let mut reader = self.open()?;
        let read = loop {
            match reader.next() {
                Ok(Some(packet)) => {
                    at(size + reader.position());
                    replay.packet(&packet);
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(format!("{}: {error}", self.file.display())),
            }
        };
        replay.finish()?;
        read
    }
}
