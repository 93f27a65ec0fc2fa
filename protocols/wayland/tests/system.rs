//! The description of the core protocol, held against the system's `wayland.xml` and those of published crates, and so is
//! that of the runtime's own interfaces.

#[path = "../../support/mod.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::{Other, compare, model, others, tell, words};

/// Our files: the core, and what belongs to the runtime.
fn ours() -> [PathBuf; 2] {
    ["wayland.xml", "../../runtime/bootstrap.xml"].map(|file| Path::new(env!("CARGO_MANIFEST_DIR")).join(file))
}

#[test]
fn facts_are_those_of_the_systems_files() {
    let others = others();
    for ours in ours() {
        let (files, comparison) = compare::with_all(&ours, &others);
        let name = ours.file_name().unwrap().display();
        match files {
            0 => tell(format_args!("skipped: {name}: no other description is installed")),
            _ => tell(format_args!("{name}: {files} files, {} facts compared", comparison.compared)),
        }
        assert!(comparison.differences.is_empty(), "{}", comparison.differences.join("\n"));
    }
}

#[test]
fn a_changed_fact_is_found() {
    let [ours, _] = ours();
    let text = fs::read_to_string(&ours).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("changed.xml");
    // The changed file is ours, and the unchanged one that of the system.
    let other = [Other { protocol: model(&ours), path: ours }];
    for (from, to) in [
        (r#"<request name="commit">"#, r#"<request name="submit">"#),
        (r#"<arg name="hotspot_x" type="int""#, r#"<arg name="hotspot_x" type="uint""#),
        (r#"<arg name="hotspot_x" type="int""#, r#"<arg name="hotspot" type="int""#),
        (r#" interface="wl_region" allow-null="true""#, r#" interface="wl_region""#),
        (r#" interface="wl_region" allow-null="true""#, r#" interface="wl_buffer" allow-null="true""#),
        (r#"<event name="warp" since="11">"#, r#"<event name="warp" since="10">"#),
        (r#"<request name="release" type="destructor" since="3">"#, r#"<request name="release" since="3">"#),
        (r#" enum="resize""#, r#" enum="transient""#),
        (r#" enum="resize""#, ""),
        (r#" bitfield="true""#, ""),
        (r#" deprecated-since="8""#, ""),
        (r#"value="0x34325842""#, r#"value="0x34325843""#),
        (r#"<entry name="repeated""#, r#"<entry name="again""#),
        (r#"<interface name="wl_region""#, r#"<interface name="wl_rectangles""#),
    ] {
        assert!(text.contains(from), "{from}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let (_, comparison) = compare::with_all(&path, &other);
        assert!(!comparison.differences.is_empty(), "{from} and {to} count as the same");
    }
}

#[test]
fn every_element_has_a_sentence() {
    for ours in ours() {
        assert_eq!(words::silent(&model(&ours)), [""; 0]);
    }
}

#[test]
fn no_sentence_is_taken_from_another_description() {
    let others: Vec<_> = others().into_iter().map(|other| (other.path, words::sentences(&other.protocol))).collect();
    for ours in ours() {
        let sentences = words::sentences(&model(&ours));
        for (path, theirs) in &others {
            let shared: Vec<_> = sentences.intersection(theirs).collect();
            assert!(shared.is_empty(), "{}: {shared:#?}", path.display());
        }
    }
}
