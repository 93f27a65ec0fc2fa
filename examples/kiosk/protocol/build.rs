//! Generates the messages of `kiosk.xml`.

fn main() -> Result<(), wayline_codegen::Error> {
    wayline_codegen::Builder::new().protocol("kiosk.xml").compile()
}
