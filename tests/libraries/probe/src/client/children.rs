//! The kit's children: counted as they come to be, their events printed.

use std::fs::File;
use std::io::{self, Seek};
use std::os::fd::OwnedFd;

use wayline::{EventHandler, HandlerError, HandlerResult};

use super::App;
use super::api::{WlcfChild, wlcf_child};

impl App {
    /// Counts a new child.
    pub(crate) fn add_child(&mut self, child: WlcfChild) -> HandlerResult {
        let index = self.children.len();
        *self.client.data(child)? = index;
        self.children.push(child);
        println!("child {index} {}", child.id());
        Ok(())
    }
}

impl EventHandler<WlcfChild> for App {
    /// Its index.
    type Data = usize;

    fn event(&mut self, this: WlcfChild, event: wlcf_child::Event) -> HandlerResult {
        use wlcf_child::Event;
        let index = *self.client.data(this)?;
        match event {
            Event::Poked => {}
            Event::Note { serial } => println!("note {index} {serial}"),
            Event::File { file } => println!("file {index} {}", content(file)?),
            Event::TwoFiles { first, second } => println!("files {index} {} {}", content(first)?, content(second)?),
            Event::Object { other } => match self.client.data(other) {
                Ok(other) => println!("object {index} {other}"),
                Err(_) => println!("object {index} none"),
            },
            Event::Born { id } => self.add_child(id)?,
        }
        Ok(())
    }
}

/// What a file holds, from its start.
fn content(file: OwnedFd) -> Result<String, HandlerError> {
    let mut file = File::from(file);
    let text = file.rewind().and_then(|()| io::read_to_string(file));
    text.map_err(|error| HandlerError::internal(format!("a file cannot be read: {error}")))
}
