//! The command: see `demo-client --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    demo_client::main(std::env::args_os())
}
