//! Generates both sides of the core protocol.

fn main() {
    if let Err(error) = wayline_codegen::Builder::new().protocol("wayland.xml").compile() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
