//! Generates the protocols that tests, benchmarks and examples speak.

fn main() {
    let protocols = ["examples/counter.xml"];
    for protocol in protocols {
        if let Err(error) = wayline_codegen::Builder::new().protocol(protocol).compile() {
            eprintln!("{error}");
            std::process::exit(1);
        }
    }
}
