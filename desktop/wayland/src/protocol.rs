//! The messages: those of the protocol crates, and of xdg-shell v6.

pub use wayline_protocols::ext_image_capture_source::{
    ExtImageCaptureSourceV1, ExtOutputImageCaptureSourceManagerV1, ext_image_capture_source_v1,
    ext_output_image_capture_source_manager_v1,
};
pub use wayline_protocols::ext_image_copy_capture::{
    ExtImageCopyCaptureCursorSessionV1, ExtImageCopyCaptureFrameV1, ExtImageCopyCaptureManagerV1,
    ExtImageCopyCaptureSessionV1, ext_image_copy_capture_cursor_session_v1, ext_image_copy_capture_frame_v1,
    ext_image_copy_capture_manager_v1, ext_image_copy_capture_session_v1,
};
pub use wayline_protocols::ext_session_lock::{
    ExtSessionLockManagerV1, ExtSessionLockSurfaceV1, ExtSessionLockV1, ext_session_lock_manager_v1,
    ext_session_lock_surface_v1, ext_session_lock_v1,
};
pub use wayline_protocols::pointer_constraints::{
    ZwpConfinedPointerV1, ZwpLockedPointerV1, ZwpPointerConstraintsV1, zwp_confined_pointer_v1, zwp_locked_pointer_v1,
    zwp_pointer_constraints_v1,
};
pub use wayline_protocols::presentation_time::{
    WpPresentation, WpPresentationFeedback, wp_presentation, wp_presentation_feedback,
};
pub use wayline_protocols::primary_selection::{
    ZwpPrimarySelectionDeviceManagerV1, ZwpPrimarySelectionDeviceV1, ZwpPrimarySelectionOfferV1,
    ZwpPrimarySelectionSourceV1, zwp_primary_selection_device_manager_v1, zwp_primary_selection_device_v1,
    zwp_primary_selection_offer_v1, zwp_primary_selection_source_v1,
};
pub use wayline_protocols::relative_pointer::{
    ZwpRelativePointerManagerV1, ZwpRelativePointerV1, zwp_relative_pointer_manager_v1, zwp_relative_pointer_v1,
};
pub use wayline_protocols::single_pixel_buffer::{WpSinglePixelBufferManagerV1, wp_single_pixel_buffer_manager_v1};
pub use wayline_protocols::text_input::{
    ZwpTextInputManagerV3, ZwpTextInputV3, zwp_text_input_manager_v3, zwp_text_input_v3,
};
pub use wayline_protocols::viewporter::{WpViewport, WpViewporter, wp_viewport, wp_viewporter};
pub use wayline_protocols::virtual_keyboard::{
    ZwpVirtualKeyboardManagerV1, ZwpVirtualKeyboardV1, zwp_virtual_keyboard_manager_v1, zwp_virtual_keyboard_v1,
};
pub use wayline_protocols::wlr_data_control::{
    ZwlrDataControlDeviceV1, ZwlrDataControlManagerV1, ZwlrDataControlOfferV1, ZwlrDataControlSourceV1,
    zwlr_data_control_device_v1, zwlr_data_control_manager_v1, zwlr_data_control_offer_v1, zwlr_data_control_source_v1,
};
pub use wayline_protocols::wlr_layer_shell::{
    ZwlrLayerShellV1, ZwlrLayerSurfaceV1, zwlr_layer_shell_v1, zwlr_layer_surface_v1,
};
pub use wayline_protocols::wlr_output_management::{
    ZwlrOutputConfigurationHeadV1, ZwlrOutputConfigurationV1, ZwlrOutputHeadV1, ZwlrOutputManagerV1, ZwlrOutputModeV1,
    zwlr_output_configuration_head_v1, zwlr_output_configuration_v1, zwlr_output_head_v1, zwlr_output_manager_v1,
    zwlr_output_mode_v1,
};
pub use wayline_protocols::wlr_screencopy::{
    ZwlrScreencopyFrameV1, ZwlrScreencopyManagerV1, zwlr_screencopy_frame_v1, zwlr_screencopy_manager_v1,
};
pub use wayline_protocols::wlr_virtual_pointer::{
    ZwlrVirtualPointerManagerV1, ZwlrVirtualPointerV1, zwlr_virtual_pointer_manager_v1, zwlr_virtual_pointer_v1,
};
pub use wayline_protocols::xdg_decoration::{
    ZxdgDecorationManagerV1, ZxdgToplevelDecorationV1, zxdg_decoration_manager_v1, zxdg_toplevel_decoration_v1,
};
pub use wayline_protocols::xdg_output::{ZxdgOutputManagerV1, ZxdgOutputV1, zxdg_output_manager_v1, zxdg_output_v1};
pub use wayline_protocols::xdg_shell::{
    XdgPopup, XdgPositioner, XdgSurface, XdgToplevel, XdgWmBase, xdg_popup, xdg_positioner, xdg_surface, xdg_toplevel,
    xdg_wm_base,
};
pub use wayline_wayland::{
    WlBuffer, WlCompositor, WlDataDevice, WlDataDeviceManager, WlDataOffer, WlDataSource, WlKeyboard, WlOutput,
    WlPointer, WlRegion, WlSeat, WlShell, WlShellSurface, WlShm, WlShmPool, WlSubcompositor, WlSubsurface, WlSurface,
    WlTouch, wl_buffer, wl_compositor, wl_data_device, wl_data_device_manager, wl_data_offer, wl_data_source,
    wl_keyboard, wl_output, wl_pointer, wl_region, wl_seat, wl_shell, wl_shell_surface, wl_shm, wl_shm_pool,
    wl_subcompositor, wl_subsurface, wl_surface, wl_touch,
};

wayline::include_protocol!("xdg_shell_v6");
