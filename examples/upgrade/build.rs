//! Generates the messages of `tally.xml`.

fn main() -> Result<(), wayline_codegen::Error> {
    wayline_codegen::Builder::new().protocol("tally.xml").compile()
}
