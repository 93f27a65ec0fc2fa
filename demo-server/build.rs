//! Generates the message types of the native protocol, both sides: the server
//! speaks one to its clients and the other to the server it is nested in.

fn main() {
    let built = wayline_codegen::Builder::new().protocol("../protocol.xml").compile();
    if let Err(error) = built {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
