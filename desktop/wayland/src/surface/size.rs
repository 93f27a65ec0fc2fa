//! How large a surface is, and what of its buffer it shows.

use super::state::Current;
use crate::picture::{Crop, Map, Picture, is_turned};
use crate::protocol::{wl_output::Transform, wp_viewport};
use wayline_desktop::{Layout, MAX_SIDE, PixelFormat};

/// Why a surface cannot have a size.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum SizeError {
    /// The buffer is no multiple of its scale.
    Scale { width: u32, height: u32, scale: i32 },
    /// The viewport does not fit the buffer.
    Viewport(wp_viewport::Error, String),
}

/// Size of a surface in its own coordinates; 0x0 without a buffer.
pub(crate) fn size(current: &Current) -> Result<(i32, i32), SizeError> {
    let Some(attached) = &current.attached else { return Ok((0, 0)) };
    let (width, height) = attached.content.layout.size();
    let scale = current.scale;
    if !width.is_multiple_of(scale.unsigned_abs()) || !height.is_multiple_of(scale.unsigned_abs()) {
        return Err(SizeError::Scale { width, height, scale });
    }
    let whole = upright(current, (width, height));
    if let Some(crop) = current.source {
        if crop.x + crop.width > f64::from(whole.0) || crop.y + crop.height > f64::from(whole.1) {
            let text = format!("{crop:?} is not inside of {}x{}", whole.0, whole.1);
            return Err(SizeError::Viewport(wp_viewport::Error::OUT_OF_BUFFER, text));
        }
        if current.destination.is_none() {
            if crop.width.fract() != 0.0 || crop.height.fract() != 0.0 {
                let text = format!("{crop:?} is no whole number of pixels and has no destination size");
                return Err(SizeError::Viewport(wp_viewport::Error::BAD_SIZE, text));
            }
            return Ok((crop.width as i32, crop.height as i32));
        }
    }
    Ok(current.destination.unwrap_or(whole))
}

/// Size of a buffer, turned and scaled as the surface says.
fn upright(current: &Current, (width, height): (u32, u32)) -> (i32, i32) {
    let (width, height) = if is_turned(current.transform) { (height, width) } else { (width, height) };
    // Buffers are far smaller than 2^31.
    (width as i32 / current.scale, height as i32 / current.scale)
}

/// Whether the pixels of the surface are those of its buffer, one to one.
pub(crate) fn is_plain(current: &Current) -> bool {
    let whole = current.attached.as_ref().map(|attached| {
        let (width, height) = attached.content.layout.size();
        (width as i32, height as i32)
    });
    current.scale == 1
        && current.transform == Transform::NORMAL
        && current.source.is_none_or(|crop| (crop.x, crop.y) == (0.0, 0.0))
        && whole.is_none_or(|whole| whole == current.size)
}

/// What is to be shown; `None` without a buffer, and for sizes beyond all screens.
pub(crate) fn picture(current: &Current) -> Option<(Picture, Layout)> {
    let content = &current.attached.as_ref()?.content;
    let (store, source) = (content.store.clone(), content.layout);
    if is_plain(current) {
        return Some((Picture::plain(store), source));
    }
    let format = if source.format().has_alpha() { PixelFormat::ARGB8888 } else { PixelFormat::XRGB8888 };
    let (width, height) = (u32::try_from(current.size.0).ok()?, u32::try_from(current.size.1).ok()?);
    let layout = Layout::packed(0, width, height, format).ok()?.within(MAX_SIDE).ok()?;
    let whole = upright(current, source.size());
    let crop = current.source.unwrap_or(Crop { x: 0.0, y: 0.0, width: f64::from(whole.0), height: f64::from(whole.1) });
    let map = Map { source, transform: current.transform, scale: current.scale, crop, size: layout.size() };
    Some((Picture::mapped(store, map), layout))
}
