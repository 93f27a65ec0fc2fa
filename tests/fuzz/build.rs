//! Generates the protocols that the targets speak.

use wayline_codegen::{Builder, Error};

fn main() -> Result<(), Error> {
    Builder::new().output("fuzz_kit").protocol("../conformance.xml").protocol("../stand-in.xml").compile()?;
    Builder::new().output("fuzz_kinds").protocol("kinds.xml").compile()
}
