//! The broken builds of `tests/mutations` are judged by hand; here, that their texts still fit the sources.

#[path = "../examples/mutations/costs.rs"]
mod costs;
#[path = "../examples/mutations/list.rs"]
mod list;

use std::path::Path;

#[test]
fn every_text_to_be_broken_is_there_once() {
    let origin = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let costs = costs::COSTS.iter().flat_map(|(_, mutations)| mutations.iter());
    for mutation in list::MUTATIONS.iter().chain(costs) {
        let copy = tempfile::tempdir().unwrap();
        for edit in mutation.edits {
            let file = copy.path().join(edit.file);
            if !file.exists() {
                std::fs::create_dir_all(file.parent().unwrap()).unwrap();
                std::fs::copy(origin.join(edit.file), &file).unwrap();
            }
            edit.apply(copy.path()).unwrap_or_else(|error| panic!("{}: {error}", mutation.name));
        }
    }
}
