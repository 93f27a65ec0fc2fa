//! Generates both sides of desk.xml.

fn main() {
    if let Err(error) = wayline_codegen::Builder::new().protocol("desk.xml").compile() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
