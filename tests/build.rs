//! Generates the protocols that tests, benchmarks and examples speak.

use wayline_codegen::source::Source;
use wayline_codegen::{Builder, Error};

/// Stands in for Wayland's own where that is not installed: the kit's protocol mentions buffers.
const WL_BUFFER: &str = r#"
<protocol name="stand_in">
  <interface name="wl_buffer" version="1">
    <request name="destroy" type="destructor"/>
  </interface>
</protocol>"#;

fn main() -> Result<(), Error> {
    Builder::new().protocol("benches/bench.xml").compile()?;
    Builder::new().protocol("examples/counter.xml").compile()?;
    // What the library of the fuzz targets speaks, which a test replays the corpus with.
    Builder::new().output("fuzz_kit").protocol("conformance.xml").source(stand_in()).compile()?;
    Builder::new().output("fuzz_kinds").protocol("fuzz/kinds.xml").compile()
}

fn stand_in() -> Source {
    Source::new("wl_buffer.xml", WL_BUFFER.into())
}
