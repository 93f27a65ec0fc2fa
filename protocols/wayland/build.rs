//! Generates both sides of the core protocol.

fn main() -> Result<(), wayline_codegen::Error> {
    wayline_codegen::Builder::new().protocol("wayland.xml").compile()
}
