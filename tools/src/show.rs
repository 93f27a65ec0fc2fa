//! How messages are printed.

pub(crate) mod color;
pub(crate) mod line;
pub(crate) mod text;
pub(crate) mod top;
