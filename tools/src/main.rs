//! The command `wayline`: one program for those who write protocols and those who debug what speaks them.
//!
//! What is about files is in the crate `wayline-codegen`, so that build scripts have nothing else to build.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use wayline_codegen::command::{self, Color};

/// Checks and compares Wayland-style protocol XML, and generates Rust from it.
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
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.command {
        Command::Files(command) => command.run(cli.color),
    }
}
