//! Generates the server's half of the one protocol that there is no crate of.

use wayline_codegen::source::Source;
use wayline_codegen::{Builder, Sides};

/// xdg-shell before it was stable: the messages of the first version of `xdg_wm_base`, by the same numbers. What it makes
/// had other names, but names of what requests make are not on the wire. Only the anchors and gravities of positioners are
/// written in another way.
const XDG_SHELL_V6: &str = r#"
<protocol name="xdg_shell_v6">
  <interface name="zxdg_shell_v6" version="1">
    <request name="destroy" type="destructor"/>
    <request name="create_positioner"><arg name="id" type="new_id" interface="xdg_positioner"/></request>
    <request name="get_xdg_surface">
      <arg name="id" type="new_id" interface="xdg_surface"/>
      <arg name="surface" type="object" interface="wl_surface"/>
    </request>
    <request name="pong"><arg name="serial" type="uint"/></request>
    <event name="ping"><arg name="serial" type="uint"/></event>
  </interface>
</protocol>"#;

fn main() -> Result<(), wayline_codegen::Error> {
    Builder::new()
        .source(Source::new("zxdg_shell_v6", XDG_SHELL_V6.into()))
        .output("xdg_shell_v6")
        .sides(Sides::Server)
        .extern_path("wl_surface", "::wayline_wayland::WlSurface")
        .extern_path("xdg_positioner", "::wayline_protocols::xdg_shell::XdgPositioner")
        .extern_path("xdg_surface", "::wayline_protocols::xdg_shell::XdgSurface")
        .compile()
}
