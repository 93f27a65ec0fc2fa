//! Generates the protocols that tests, benchmarks and examples speak.

use wayline_codegen::{Builder, Error};

fn main() -> Result<(), Error> {
    Builder::new().protocol("benches/bench.xml").compile()?;
    Builder::new().protocol("examples/counter.xml").compile()?;
    // What the library of the fuzz targets speaks, which a test replays the corpus with.
    Builder::new().output("fuzz_kit").protocol("conformance.xml").protocol("stand-in.xml").compile()?;
    Builder::new().output("fuzz_kinds").protocol("fuzz/kinds.xml").compile()
}
