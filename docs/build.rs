//! Compiles the protocols that the chapters show: each XML listing is one, called what its first line says.

use std::collections::HashSet;
use std::error::Error;
use std::path::Path;

use wayline_codegen::Builder;
use wayline_codegen::source::Source;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=src");
    let mut names = HashSet::new();
    for entry in Path::new("src").read_dir()? {
        let chapter = entry?.path();
        if chapter.extension().is_none_or(|ending| ending != "md") {
            continue;
        }
        let text = std::fs::read_to_string(&chapter)?;
        for listing in text.split("\n```xml\n").skip(1) {
            let (xml, _) = listing.split_once("\n```").ok_or("a listing without end")?;
            let name = xml.strip_prefix("<protocol name=\"").and_then(|rest| rest.split('"').next());
            let name = name.ok_or("a listing that does not begin with its name")?;
            if !names.insert(name.to_owned()) {
                return Err(format!(
                    "two listings are called {name}; of one that changes another, show the difference"
                )
                .into());
            }
            Builder::new().source(Source::new(format!("{name}.xml"), xml.into())).output(name).compile()?;
        }
    }
    Ok(())
}
