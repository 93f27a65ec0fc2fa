//! The command `wayline`: one program for those who write protocols and those who debug what speaks them.
//!
//! What is about files is in the crate `wayline-codegen`, so that build scripts have nothing else to build.

mod capture;
mod catalog;
mod command_line;
mod decode;
mod dissector;
mod facts;
mod filter;
mod info;
mod inspect;
mod meaning;
mod output;
mod process;
mod progress;
mod proxy;
mod record;
mod relay;
mod show;
#[cfg(test)]
mod tests;
mod watch;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use wayline_codegen::command::{self, Color};

/// Checks and compares Wayland-style protocol XML, generates Rust from it, and shows what programs say to each other.
#[derive(Debug, Parser)]
#[command(name = "wayline", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// When to colour what is printed.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Color,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(flatten)]
    Files(command::Command),
    /// List what a compositor offers: its globals.
    ///
    /// A line for each global has its interface, the version and the name by which clients bind it. The exit code is 1 if
    /// the compositor cannot be reached, does not answer in time, or sends what is not valid.
    #[command(after_help = info::EXAMPLES)]
    Info(info::Info),
    /// Show what a client and a server say to each other.
    ///
    /// Sits between them and prints a line for each message: time, program and connection, direction (`->` is a request),
    /// the message with the names of its arguments, which message made its object, and how long answers took. Lines with
    /// `!!` say what is wrong. Messages are understood by XML: that of the system, files that are named, and what is built
    /// in. What no XML describes is hidden from the client.
    #[command(
        override_usage = "wayline inspect [OPTIONS] -- COMMAND…\n       wayline inspect [OPTIONS] --socket NAME [--upstream NAME]"
    )]
    Inspect(inspect::Inspect),
    /// Print what `wayline inspect --write` has captured, as it was printed then.
    ///
    /// The exit code is 1 if the file ends early or is damaged; what is before that is printed.
    Decode(decode::Decode),
    /// Write a dissector, so that Wireshark shows captures message by message.
    ///
    /// Wireshark loads it from its folder of plugins, or by `-X lua_script:FILE.lua`; not as root. It shows messages of the
    /// interfaces of the files that are named here. The exit code is 2 if a file cannot be read or written.
    Dissector(dissector::Dissector),
    /// Print a script with which a shell completes command lines of `wayline`.
    #[command(after_help = command_line::EXAMPLES)]
    Completions(command_line::Completions),
    /// Write man pages: one for `wayline` and one for each command.
    ///
    /// The exit code is 2 if they cannot be written.
    Man(command_line::Man),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.command {
        Command::Files(command) => command.run(cli.color),
        Command::Info(info) => info.run(),
        Command::Inspect(inspect) => inspect.run(cli.color),
        Command::Decode(decode) => decode.run(cli.color),
        Command::Dissector(dissector) => dissector.run(),
        Command::Completions(completions) => completions.run(Cli::command()),
        Command::Man(man) => man.run(Cli::command()),
    }
}
