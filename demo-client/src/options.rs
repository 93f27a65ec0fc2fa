//! What all apps with a window can be told on the command line.

use wayline_toolkit::Size;

use crate::size;

/// Arguments of an app with a window.
#[derive(clap::Args)]
pub(crate) struct WindowOptions {
    /// Text for the title bar.
    #[arg(long)]
    pub(crate) title: Option<String>,

    /// Size of the window where the compositor leaves it to the app.
    #[arg(long, value_name = "WIDTHxHEIGHT", value_parser = size::parse)]
    pub(crate) size: Option<Size>,
}
