//! The README shows what the command prints.

use std::path::Path;

use crate::{directory, lamp, stderr, wayline};

#[test]
fn the_readme_shows_what_the_command_prints() {
    let body = "<request name=\"set\"><arg name=\"mode\" type=\"uint\"/></request>\n    \
                <enum name=\"mode\"><entry name=\"off\" value=\"0\"/></enum>";
    let directory = directory(&[("lamp.xml", &lamp(1, body))]);
    let printed = stderr(&wayline(directory.path(), &["lamp.xml"]));
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../codegen/README.md")).unwrap();
    assert!(readme.contains(&printed), "{printed}");
}
