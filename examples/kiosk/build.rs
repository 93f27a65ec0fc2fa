//! Generates the messages of `panel.xml`, which mention interfaces of `kiosk-protocol`.

fn main() -> Result<(), wayline_codegen::Error> {
    wayline_codegen::Builder::new()
        .protocol("panel.xml")
        .extern_path("kiosk_manager", "::kiosk_protocol::KioskManager")
        .extern_path("kiosk_surface", "::kiosk_protocol::KioskSurface")
        .compile()
}
