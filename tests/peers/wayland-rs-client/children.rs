//! Children: counted as they come, their events printed.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;

use wayland_client::{Connection, Dispatch, Proxy, QueueHandle, event_created_child};

use crate::App;
use crate::api::wlcf_child::{self, WlcfChild};

impl App {
    /// Takes in a new child and prints its number.
    pub(crate) fn adopt(&mut self, child: WlcfChild) {
        println!("child {} {}", self.children.len(), child.id().protocol_id());
        self.children.push(Some(child));
    }

    /// The number of a child, -1 if it is none.
    fn index_of(&self, child: &WlcfChild) -> i64 {
        let index = self.children.iter().position(|known| known.as_ref() == Some(child));
        index.map_or(-1, |index| index as i64)
    }
}

fn content(file: OwnedFd) -> String {
    let mut bytes = [0; 32];
    let read = File::from(file).read_at(&mut bytes, 0).unwrap_or(0);
    String::from_utf8_lossy(&bytes[..read]).into_owned()
}

impl Dispatch<WlcfChild, ()> for App {
    fn event(
        app: &mut App,
        child: &WlcfChild,
        event: wlcf_child::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<App>,
    ) {
        let index = app.index_of(child);
        match event {
            wlcf_child::Event::Poked => {}
            wlcf_child::Event::Note { serial } => println!("note {index} {serial}"),
            wlcf_child::Event::File { file } => println!("file {index} {}", content(file)),
            wlcf_child::Event::TwoFiles { first, second } => {
                println!("files {index} {} {}", content(first), content(second));
            }
            wlcf_child::Event::Object { other } if other.is_alive() => {
                println!("object {index} {}", app.index_of(&other));
            }
            wlcf_child::Event::Object { .. } => println!("object {index} none"),
            wlcf_child::Event::Born { id } => app.adopt(id),
        }
    }

    event_created_child!(App, WlcfChild, [wlcf_child::EVT_BORN_OPCODE => (WlcfChild, ())]);
}
