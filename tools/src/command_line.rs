//! `wayline completions` and `wayline man`: what shells and readers know of the command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Command};
use clap_complete::Shell;
use clap_mangen::roff::{Roff, roman};

use crate::output;

pub(crate) const EXAMPLES: &str = "\
Examples:
  wayline completions bash > ~/.local/share/bash-completion/completions/wayline
  wayline completions fish > ~/.config/fish/completions/wayline.fish
  wayline completions zsh > ~/.zfunc/_wayline";

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell.
    shell: Shell,
}

#[derive(Debug, Args)]
pub(crate) struct Man {
    /// Directory to write to; it is made if it is not there.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

impl Completions {
    pub(crate) fn run(&self, mut command: Command) -> ExitCode {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "wayline", &mut script);
        ended(output::print(&script))
    }
}

impl Man {
    pub(crate) fn run(&self, command: Command) -> ExitCode {
        ended(self.write(command))
    }

    fn write(&self, command: Command) -> Result<(), String> {
        let failed = |error: std::io::Error| format!("{}: {error}", self.directory.display());
        std::fs::create_dir_all(&self.directory).map_err(failed)?;
        // The man pages are the help.
        let mut command = command.disable_help_subcommand(true);
        command.build();
        let commands = command.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
        for command in [command.clone()].into_iter().chain(commands) {
            let mut bytes = Vec::new();
            let page = clap_mangen::Man::new(command.clone());
            let name = page.get_filename();
            render(&command, &page, &mut bytes).map_err(failed)?;
            output::write(&self.directory.join(name), &bytes)?;
        }
        Ok(())
    }
}

/// The parts of a page, with the text below the help in lines as it is there.
fn render(command: &Command, page: &clap_mangen::Man, out: &mut Vec<u8>) -> std::io::Result<()> {
    page.render_title(out)?;
    page.render_name_section(out)?;
    page.render_synopsis_section(out)?;
    page.render_description_section(out)?;
    page.render_options_section(out)?;
    if command.has_subcommands() {
        page.render_subcommands_section(out)?;
    }
    let below = command.get_after_long_help().or(command.get_after_help()).map(ToString::to_string);
    let mut roff = Roff::new();
    for line in below.unwrap_or_default().lines().filter(|line| !line.is_empty()) {
        if line.starts_with(' ') {
            roff.text([roman(line)]);
            continue;
        }
        // What is in parentheses behind a heading is a sentence of its own.
        let (head, more) = line.trim_end_matches(':').split_once(" (").unwrap_or((line.trim_end_matches(':'), ""));
        roff.control("fi", []).control("SH", [head.to_uppercase().as_str()]);
        if !more.is_empty() {
            roff.text([roman(format!("{}.", more.trim_end_matches(')')))]);
        }
        roff.control("nf", []);
    }
    roff.to_writer(out)
}

fn ended(result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
