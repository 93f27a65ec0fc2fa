//! A small compositor on Wayline: see `demo-server --help`.

mod app;
mod demo;
mod native;
mod nested;
mod options;
mod outputs;
mod png;
mod run;
mod scene;
mod script;
mod seat;
#[cfg(feature = "wayland")]
mod wayland;

/// The native protocol, generated from protocol.xml.
mod protocol {
    wayline::include_protocol!("protocol");
}

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    tracing_subscriber::fmt().with_max_level(log_level()).with_writer(std::io::stderr).init();
    // `demo-server client ...` is demo-client: the demo starts its clients from this one program.
    let mut args = std::env::args_os();
    let program = args.next().unwrap_or_default();
    if std::env::args_os().nth(1).is_some_and(|arg| arg == demo::CLIENT) {
        return demo_client::main(std::iter::once(program).chain(args.skip(1)));
    }
    let options = options::Options::parse();
    let result = if options.demo { demo::run(&options) } else { run::run(options) };
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
