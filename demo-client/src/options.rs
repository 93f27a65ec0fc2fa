//! What all apps with a window can be told on the command line.

use crate::size::Size;

/// Arguments of an app with a window.
#[derive(clap::Args)]
pub(crate) struct WindowOptions {
    /// Text for the title bar.
    #[arg(long)]
    pub(crate) title: Option<String>,

    /// Size of the window where the compositor leaves it to the app.
    #[arg(long, value_name = "WIDTHxHEIGHT")]
    pub(crate) size: Option<Size>,
}
