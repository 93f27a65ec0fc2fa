//! Generates the protocols that the targets speak.

use wayline_codegen::source::Source;
use wayline_codegen::{Builder, Error};

fn main() -> Result<(), Error> {
    // The kit's protocol mentions buffers of Wayland's.
    let buffer = r#"<protocol name="b"><interface name="wl_buffer" version="1">
        <request name="destroy" type="destructor"/></interface></protocol>"#;
    let kit = Builder::new().output("fuzz_kit").protocol("../conformance.xml");
    kit.source(Source::new("wl_buffer.xml", buffer.into())).compile()?;
    Builder::new().output("fuzz_kinds").protocol("kinds.xml").compile()
}
