//! Generates both sides of desk.xml.

fn main() -> Result<(), wayline_codegen::Error> {
    wayline_codegen::Builder::new().protocol("desk.xml").compile()
}
