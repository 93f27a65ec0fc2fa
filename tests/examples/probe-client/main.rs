//! The client by which the conformance kit judges this library: `conform client -- probe-client`.
//!
//! Knows how to wait; what it does is in the library `probe`.

use std::process::ExitCode;

use wayline::client;

fn main() -> ExitCode {
    probe::client::main(|app| -> wayline::Result {
        while !app.is_finished() {
            client::dispatch(app, None)?;
            app.carry_out()?;
        }
        Ok(())
    })
}
