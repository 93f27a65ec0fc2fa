//! A small compositor on Wayline, as a library: [`main`] is the command,
//! [`embedded`] the same compositor on a thread of another program.

mod app;
mod control;
mod demo;
pub mod embedded;
mod host;
mod native;
mod nested;
mod options;
mod outputs;
mod player;
mod png;
mod process;
mod run;
mod script;
mod status;
mod successor;
mod upgrade;

/// The native protocol, generated from protocol.xml.
mod protocol {
    wayline::include_protocol!("protocol");

    /// What the control socket speaks, generated from control.xml.
    pub(crate) mod control {
        wayline::include_protocol!("control");
    }
}

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

/// Runs the command that the arguments give, the first of which is the name of
/// the program. Ends the process at once if they make no sense, or ask for help.
///
/// `demo-server client ...` is demo-client: the demo starts its clients from this
/// one program.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    tracing_subscriber::fmt().with_max_level(log_level()).with_writer(std::io::stderr).init();
    let mut args: Vec<_> = args.into_iter().collect();
    if args.get(1).is_some_and(|arg| arg == demo::CLIENT) {
        args.remove(1);
        return demo_client::main(args);
    }
    let options = options::Options::parse_from(&args);
    let result = match options.question() {
        Some(question) => status::ask(options.socket.as_deref(), question).map(|text| print!("{text}")),
        None if options.demo => demo::run(options),
        None => run::run(&options, &args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo-server: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Messages are traced with `WAYLINE_DEBUG=1`; otherwise warnings are all there is to say.
fn log_level() -> tracing::Level {
    let trace = std::env::var_os("WAYLINE_DEBUG").is_some_and(|value| value == "1");
    if trace { tracing::Level::DEBUG } else { tracing::Level::WARN }
}
