//! `wp_single_pixel_buffer_manager_v1`: buffers of one colour. With a viewport they fill any surface.

use wayline::HandlerResult;
use wayline::server::Module;
use wayline_desktop::{Content, Layout, PixelFormat};

use crate::globals::module;
use crate::host::Wayland;
use crate::picture::Source;
use crate::protocol::{WpSinglePixelBufferManagerV1, wp_single_pixel_buffer_manager_v1};

module! { ($) delegate_single_pixel_buffer; global WpSinglePixelBufferManagerV1 1; }

impl<A: Hosts> Module<WpSinglePixelBufferManagerV1, A> for Wayland {
    type Data = ();

    fn request(
        app: &mut A,
        _: WpSinglePixelBufferManagerV1,
        request: wp_single_pixel_buffer_manager_v1::Request,
    ) -> HandlerResult {
        use wp_single_pixel_buffer_manager_v1::Request;

        match request {
            Request::Destroy => {}
            Request::CreateU32RgbaBuffer { id, r, g, b, a } => {
                let format = if a == u32::MAX { PixelFormat::XRGB8888 } else { PixelFormat::ARGB8888 };
                let layout = Layout::packed(0, 1, 1, format)?;
                let pixels = Source::Pixel(pixel([b, g, r, a]));
                app.server().data(id)?.content = Some(Content { pixels, layout });
            }
        }
        Ok(())
    }
}

/// The bytes of a pixel whose components are fractions of 2³² - 1, each rounded.
fn pixel(components: [u32; 4]) -> [u8; 4] {
    components.map(|full| ((u64::from(full) * 255 + u64::from(u32::MAX / 2)) / u64::from(u32::MAX)) as u8)
}

#[cfg(test)]
mod tests {
    use super::pixel;

    #[test]
    fn components_are_rounded_to_bytes() {
        assert_eq!(pixel([0, u32::MAX, u32::MAX / 2, 0x0101_0101]), [0, 255, 127, 1]);
        assert_eq!(pixel([0xffff_ff00, 0x0080_0000, 0x0081_0000, 0x8080_8080]), [255, 0, 1, 128]);
    }
}
