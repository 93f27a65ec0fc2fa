//! The description of the core protocol, held against the system's `wayland.xml` and those of published crates, and so is
//! that of the runtime's own interfaces.

#[path = "../../support/mod.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::{Other, compare, model, words};

/// Our files: the core, and what belongs to the runtime.
fn ours() -> [PathBuf; 2] {
    ["wayland.xml", "../../runtime/bootstrap.xml"].map(|file| Path::new(env!("CARGO_MANIFEST_DIR")).join(file))
}

#[test]
fn facts_are_those_of_the_systems_files() {
    support::assert_same_facts(&ours());
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
    support::assert_described(&ours());
}

#[test]
fn no_sentence_is_taken_from_another_description() {
    support::assert_own_words(&ours());
}

#[test]
fn silence_and_borrowed_sentences_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::write(
            &path,
            format!(r#"<protocol name="p"><interface name="i" version="1">{text}</interface></protocol>"#),
        )
        .unwrap();
        model(&path)
    };
    let silent = write("silent.xml", r#"<request name="r"><arg name="a" type="int"/></request>"#);
    assert_eq!(words::silent(&silent), ["p", "i", "i.r", "i.r.a"]);

    let one = write(
        "one.xml",
        r#"<description summary="s">One. Two words; the pointer is over a surface.</description><request name="r"/>"#,
    );
    let other =
        write("other.xml", r#"<description summary="The pointer &#10; is over a `surface`"/><request name="r"/>"#);
    assert_eq!(words::sentences(&one), words::sentences(&other));
    assert_eq!(words::sentences(&one).len(), 1);
}
