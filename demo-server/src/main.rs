//! The command: see `demo-server --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    demo_server::main(std::env::args_os())
}
