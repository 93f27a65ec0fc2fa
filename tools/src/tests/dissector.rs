//! Wireshark sees in a capture what this program sees, and survives what is none.

use std::fs::File;
use std::path::Path;

use super::Talk;
use super::lines::conversation;
use super::wireshark::{agrees, directory, tshark};
use crate::show::line::Format;

/// A directory with the dissector, and with a capture of the conversation, whose messages in JSON are returned.
fn captured() -> (tempfile::TempDir, Vec<serde_json::Value>) {
    let directory = directory();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("protocols");
    let lua = crate::dissector::of_files(&[root.join("wayland.xml")]).unwrap();
    std::fs::write(directory.path().join("wayline.lua"), lua).unwrap();
    let file = File::create(directory.path().join("talk.pcapng")).unwrap();
    let mut talk = Talk::captured(Format::Json, &[], Some(file));
    conversation(&mut talk);
    let values = talk.lines().into_iter().map(|line| serde_json::from_str(&line).unwrap());
    let messages = values.filter(|value: &serde_json::Value| value["kind"] == "request" || value["kind"] == "event");
    let messages = messages.collect();
    (directory, messages)
}

#[test]
fn wireshark_agrees_on_each_message() {
    let (directory, messages) = captured();
    assert!(messages.len() > 10);
    agrees(directory.path(), "talk.pcapng", &messages);
}

#[test]
fn wireshark_knows_the_kinds_of_descriptors() {
    let (directory, _) = captured();
    let Some(text) = tshark(directory.path(), "talk.pcapng", &["-V", "-Y", "wayline.fd"]) else { return };
    assert!(text.contains("4096 bytes, memfd"), "{text}");
}

#[test]
fn wireshark_survives_captures_that_are_damaged() {
    let (directory, _) = captured();
    let whole = std::fs::read(directory.path().join("talk.pcapng")).unwrap();
    // Where the last packets are, so that the blocks around them stay whole and the description is not what changes.
    let from = whole.len() - 900;
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..8 {
        let mut bytes = whole.clone();
        for _ in 0..=round {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = from + (random >> 33) as usize % (whole.len() - from);
            // Lengths of blocks are multiples of four, which these bytes are likely to be no part of.
            bytes[at | 1] ^= 0x5a;
        }
        std::fs::write(directory.path().join("damaged.pcapng"), bytes).unwrap();
        if tshark(directory.path(), "damaged.pcapng", &["-V"]).is_none() {
            return;
        }
    }
}
