//! Generates both sides of each protocol whose feature is on, into a file of its own. Types of other protocols are taken
//! from where they are: the core crate, or another module of this one.

use std::path::Path;
use std::{env, fs};

use wayline_codegen::{Builder, Error};

/// Interfaces that other files than their own mention.
const ELSEWHERE: [(&str, &str); 11] = [
    ("ext_foreign_toplevel_handle_v1", "crate::ext_foreign_toplevel_list::ExtForeignToplevelHandleV1"),
    ("ext_image_capture_source_v1", "crate::ext_image_capture_source::ExtImageCaptureSourceV1"),
    ("wl_buffer", "::wayline_wayland::WlBuffer"),
    ("wl_output", "::wayline_wayland::WlOutput"),
    ("wl_pointer", "::wayline_wayland::WlPointer"),
    ("wl_region", "::wayline_wayland::WlRegion"),
    ("wl_seat", "::wayline_wayland::WlSeat"),
    ("wl_shm", "::wayline_wayland::WlShm"),
    ("wl_surface", "::wayline_wayland::WlSurface"),
    ("xdg_popup", "crate::xdg_shell::XdgPopup"),
    ("xdg_toplevel", "crate::xdg_shell::XdgToplevel"),
];

fn main() -> Result<(), Error> {
    println!("cargo::rerun-if-changed=xml");
    for entry in fs::read_dir("xml").expect("the protocols are part of the package") {
        let path = entry.expect("a directory of files").path();
        let protocol = path.file_stem().and_then(|stem| stem.to_str()).expect("files are called like features");
        let feature = protocol.to_uppercase().replace('-', "_");
        if env::var_os(format!("CARGO_FEATURE_{feature}")).is_some() {
            generate(&path, protocol)?;
        }
    }
    Ok(())
}

fn generate(path: &Path, protocol: &str) -> Result<(), Error> {
    let builder = Builder::new().protocol(path).output(protocol);
    ELSEWHERE.iter().fold(builder, |builder, (interface, path)| builder.extern_path(*interface, *path)).compile()
}
