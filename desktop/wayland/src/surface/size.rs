//! How large a surface is, and what of its buffer it shows.

use wayline::{Fixed, HandlerError};
use wayline_desktop::{Content, Layout, MAX_SIDE, Map, PixelFormat};

use super::state::Current;
use super::view::View;
use crate::picture::Picture;
use crate::protocol::{WlSurface, WpViewport, wl_output::Transform, wl_surface, wp_viewport};

/// Size of a surface in its own coordinates; 0x0 without a buffer.
///
/// # Errors
/// If the buffer is no multiple of its scale, or the viewport does not fit it.
pub(crate) fn size(
    this: WlSurface,
    viewport: Option<WpViewport>,
    current: &Current,
) -> Result<(i32, i32), HandlerError> {
    use wp_viewport::Error;

    let Some(attached) = &current.attached else { return Ok((0, 0)) };
    let View { scale, source, destination, .. } = current.view;
    let (width, height) = attached.content.layout.size();
    let is_multiple = width.is_multiple_of(scale.unsigned_abs()) && height.is_multiple_of(scale.unsigned_abs());
    let text = || format!("a buffer of {width}x{height} is no multiple of the scale {scale}");
    HandlerError::unless(is_multiple, this, wl_surface::Error::INVALID_SIZE, text)?;
    let whole = current.view.upright((width, height));
    let (Some(source), Some(viewport)) = (source, viewport) else { return Ok(destination.unwrap_or(whole)) };
    let [x, y, width, height] = source.map(Fixed::to_f64);
    let is_inside = x + width <= f64::from(whole.0) && y + height <= f64::from(whole.1);
    let text = || format!("{x}, {y}, {width}x{height} is not inside of {}x{}", whole.0, whole.1);
    HandlerError::unless(is_inside, viewport, Error::OUT_OF_BUFFER, text)?;
    let is_whole = width.fract() == 0.0 && height.fract() == 0.0;
    let text = || format!("{width}x{height} is no whole number of pixels and has no destination size");
    HandlerError::unless(is_whole || destination.is_some(), viewport, Error::BAD_SIZE, text)?;
    Ok(destination.unwrap_or((width as i32, height as i32)))
}

/// Whether the pixels of the surface are those of its buffer, one to one.
pub(crate) fn is_plain(current: &Current) -> bool {
    let View { scale, transform, source, .. } = current.view;
    let buffer = current.attached.as_ref().map(|attached| attached.content.layout.size());
    let is_whole = buffer.is_none_or(|(width, height)| (width as i32, height as i32) == current.size);
    let from_corner = source.is_none_or(|[x, y, ..]| (x, y) == (Fixed::default(), Fixed::default()));
    scale == 1 && transform == Transform::NORMAL && from_corner && is_whole
}

/// What is to be shown; `None` without a buffer, and for sizes beyond all screens.
pub(crate) fn picture(current: &Current) -> Option<Content<Picture>> {
    let content = current.attached.as_ref()?.content.clone();
    if is_plain(current) {
        return Some(Content { pixels: content.pixels.into(), layout: content.layout });
    }
    let source = content.layout;
    let format = if source.format().has_alpha() { PixelFormat::ARGB8888 } else { PixelFormat::XRGB8888 };
    let (width, height) = (u32::try_from(current.size.0).ok()?, u32::try_from(current.size.1).ok()?);
    let layout = Layout::packed(0, width, height, format).ok()?.within(MAX_SIDE).ok()?;
    let whole = current.view.upright(source.size());
    let part = current.view.source.map(|source| source.map(Fixed::to_f64));
    let part = part.unwrap_or([0.0, 0.0, whole.0.into(), whole.1.into()]);
    let part = part.map(|length| length * f64::from(current.view.scale));
    let map = Map { source, turn: current.view.turn(), part, size: layout.size() };
    Some(Content { pixels: Picture::mapped(content.pixels, map), layout })
}
