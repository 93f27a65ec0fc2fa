//! The index of the search: a script that is loaded when someone searches, so that it works without a server.

use serde_json::{Value, json};

use super::links::{self, Links};
use super::read::File;
use crate::model::{Direction, Docs, Interface};

/// A row for each thing: its name, its kind, its address and its summary.
pub(super) fn index(files: &[File], links: &Links<'_>) -> String {
    let mut rows = Vec::new();
    for (page, file) in files.iter().enumerate() {
        let summary = file.model.docs.summary.as_deref().unwrap_or_default();
        rows.push(json!([file.model.name, "protocol", links.page(page), summary]));
        for interface in &file.model.interfaces {
            add(interface, &|id| links.href(None, page, id), &mut rows);
        }
    }
    // A line for each row, for those who read it or compare it.
    let rows: Vec<_> = rows.iter().map(Value::to_string).collect();
    format!("window.waylineSearch = [\n{}\n];\n", rows.join(",\n"))
}

fn add(interface: &Interface, href: &dyn Fn(&str) -> String, rows: &mut Vec<Value>) {
    let owner = &interface.name;
    let mut row = |name: &str, kind: &str, id: &str, docs: &Docs| {
        rows.push(json!([name, kind, href(id), docs.summary.as_deref().unwrap_or_default()]));
    };
    row(owner, "interface", owner, &interface.docs);
    for (direction, kind) in [(Direction::Request, "request"), (Direction::Event, "event")] {
        for message in interface.messages(direction) {
            let id = links::message(owner, &message.name, direction);
            row(&format!("{owner}.{}", message.name), kind, &id, &message.docs);
        }
    }
    for one in &interface.enums {
        let id = links::enumeration(owner, &one.name);
        row(&format!("{owner}.{}", one.name), "enum", &id, &one.docs);
        for entry in &one.entries {
            let name = format!("{owner}.{}.{}", one.name, entry.name);
            row(&name, "entry", &links::entry(&id, &entry.name), &entry.docs);
        }
    }
}
