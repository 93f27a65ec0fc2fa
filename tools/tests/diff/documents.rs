//! Documents show what the command prints.

use std::path::Path;

use crate::{breaks_peers, changes, directory, stderr, stdout, wayline};

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The pieces of a document in this language.
fn blocks(document: &str, language: &str) -> Vec<String> {
    let start = format!("\n```{language}\n");
    let pieces = document.split(&start).skip(1);
    pieces.map(|piece| piece.split_once("\n```").unwrap().0.to_owned() + "\n").collect()
}

/// The first version of the guide's protocol, and what becomes of it there.
fn versions() -> [String; 2] {
    let chapter = read("../docs/src/first-protocol.md");
    let [change] = &blocks(&chapter, "diff")[..] else { panic!("the guide changes its protocol once") };
    let without = |sign| {
        let lines = change.lines().filter(|line| !line.starts_with(sign));
        lines.map(|line| format!("{}\n", &line[1..])).collect::<String>()
    };
    let [first, second] = [without('+'), without('-')];
    assert_eq!(blocks(&chapter, "xml"), [first.as_str()]);
    [first, second]
}

#[test]
fn the_guide_changes_its_protocol_without_breaking_programs() {
    let [first, second] = versions();
    assert!(!breaks_peers(&changes(&first, &second)));
    assert_eq!(changes(&first, &second).len(), 2);
}

#[test]
fn the_guide_and_the_readme_show_what_the_command_prints() {
    let [first, _] = versions();
    let destroy = "<request name=\"destroy\"";
    let wrong = first.replace(destroy, &format!("<request name=\"reset\"/>\n    {destroy}"));
    let directory = directory(&[("old/counter.xml", &first), ("counter.xml", &wrong)]);
    let output = wayline(directory.path(), &["old/counter.xml", "counter.xml"]);
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(1), ""));
    let printed = stdout(&output);
    assert!(blocks(&read("../codegen/README.md"), "text").contains(&printed), "{printed}");
    let of_git = printed.replace("old/counter.xml", "git:v1.0:counter.xml");
    assert!(blocks(&read("../docs/src/first-protocol.md"), "text").contains(&of_git), "{of_git}");
}
