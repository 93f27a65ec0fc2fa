//! Which Wayland protocols are served, in which versions, and where their XML is.
//! None of it is part of this repository: it comes with the system.

use wayline_codegen::source::Source;
use wayline_codegen::{Builder, Package, Sides};

/// Files of `wayland-protocols`.
const EXTENSIONS: [&str; 5] = [
    "stable/xdg-shell/xdg-shell.xml",
    "stable/viewporter/viewporter.xml",
    "stable/presentation-time/presentation-time.xml",
    "unstable/xdg-decoration/xdg-decoration-unstable-v1.xml",
    "unstable/xdg-output/xdg-output-unstable-v1.xml",
];

/// A file of `wlr-protocols`.
struct Optional {
    /// How the code knows that it was there.
    cfg: &'static str,
    file: &'static str,
    /// What is served of it.
    versions: &'static [(&'static str, u32)],
}

const WLR: [Optional; 2] = [
    Optional {
        cfg: "layer_shell",
        file: "unstable/wlr-layer-shell-unstable-v1.xml",
        versions: &[("zwlr_layer_shell_v1", 4), ("zwlr_layer_surface_v1", 4)],
    },
    Optional {
        cfg: "data_control",
        file: "unstable/wlr-data-control-unstable-v1.xml",
        versions: &[
            ("zwlr_data_control_manager_v1", 2),
            ("zwlr_data_control_device_v1", 2),
            ("zwlr_data_control_source_v1", 1),
            ("zwlr_data_control_offer_v1", 1),
        ],
    },
];

/// The forerunner of `xdg_wm_base`: the messages of its first version, by the
/// same numbers. What it makes had other names, but names of what requests make
/// are not on the wire. Only the anchors and gravities of positioners are written
/// in another way.
const FORERUNNER: &str = r#"
<protocol name="forerunner">
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

/// The versions that are served: those of Debian 12. A newer file adds nothing
/// to them, an older one is an error.
const VERSIONS: [(&str, u32); 33] = [
    ("wl_compositor", 5),
    ("wl_surface", 5),
    ("wl_region", 1),
    ("wl_subcompositor", 1),
    ("wl_subsurface", 1),
    ("wl_shm", 1),
    ("wl_shm_pool", 1),
    ("wl_buffer", 1),
    ("wl_output", 4),
    ("wl_seat", 8),
    ("wl_pointer", 8),
    ("wl_keyboard", 8),
    ("wl_touch", 8),
    ("wl_data_device_manager", 3),
    ("wl_data_device", 3),
    ("wl_data_source", 3),
    ("wl_data_offer", 3),
    ("wl_shell", 1),
    ("wl_shell_surface", 1),
    ("xdg_wm_base", 5),
    ("xdg_positioner", 5),
    ("xdg_surface", 5),
    ("xdg_toplevel", 5),
    ("xdg_popup", 5),
    ("wp_viewporter", 1),
    ("wp_viewport", 1),
    ("wp_presentation", 1),
    ("wp_presentation_feedback", 1),
    ("zxdg_decoration_manager_v1", 1),
    ("zxdg_toplevel_decoration_v1", 1),
    ("zxdg_output_manager_v1", 3),
    ("zxdg_output_v1", 3),
    ("zxdg_shell_v6", 1),
];

/// Writes `wayland.rs` into `OUT_DIR`: the server's side.
pub(crate) fn generate() -> Result<(), String> {
    println!("cargo::rerun-if-changed=build/wayland.rs");
    let dir = |package: Package| package.dir().map_err(|error| error.to_string());
    let mut builder =
        Builder::new().output("wayland").sides(Sides::Server).protocol(dir(Package::WAYLAND)?.join("wayland.xml"));
    let protocols = dir(Package::WAYLAND_PROTOCOLS)?;
    for file in EXTENSIONS {
        builder = builder.protocol(protocols.join(file));
    }
    builder = builder.source(Source::new("zxdg_shell_v6", FORERUNNER.into()));
    for (interface, version) in VERSIONS {
        builder = builder.version(interface, version);
    }
    // Few systems have these; without them, the rest works.
    let dir = Package::WLR_PROTOCOLS.dir().ok();
    for Optional { cfg, file, versions } in WLR {
        let Some(file) = dir.as_ref().map(|dir| dir.join(file)).filter(|file| file.exists()) else { continue };
        println!("cargo::rustc-cfg={cfg}");
        builder = builder.protocol(file);
        for (interface, version) in versions {
            builder = builder.version(*interface, *version);
        }
    }
    builder.compile().map_err(|error| error.to_string())
}
