use super::*;

const FORMATS: [PixelFormat; 3] = [PixelFormat::ARGB8888, PixelFormat::XRGB8888, PixelFormat::RGB565];

fn args(offset: i32, width: i32, height: i32, stride: i32) -> BufferArgs {
    BufferArgs { offset, width, height, stride, format: 0 }
}

fn check(args: BufferArgs, pool_size: usize) -> Result<Layout, LayoutError> {
    Layout::check(args, pool_size, &FORMATS)
}

#[test]
fn m05_a_buffer_may_fill_its_pool_exactly() {
    let layout = check(args(16, 8, 4, 32), 16 + 128).unwrap();
    assert_eq!((layout.end(), layout.stride(), layout.width(), layout.height()), (144, 32, 8, 4));
    assert_eq!(layout.args(), args(16, 8, 4, 32));
}

#[test]
fn m05_one_byte_or_one_row_over_is_an_error() {
    for over in [args(17, 8, 4, 32), args(16, 8, 5, 32), args(16, 8, 4, 33)] {
        let error = check(over, 144).unwrap_err();
        assert!(matches!(error, LayoutError::OutsidePool { pool_size: 144, .. }), "{error:?}");
    }
}

#[test]
fn m06_senseless_numbers_are_errors() {
    let huge = i32::MAX as usize;
    let cases = [
        (args(-4, 8, 4, 32), LayoutError::Offset { offset: -4 }),
        (args(0, 0, 4, 32), LayoutError::Dimensions { width: 0, height: 4 }),
        (args(0, 8, -1, 32), LayoutError::Dimensions { width: 8, height: -1 }),
        (args(0, i32::MIN, 0, 32), LayoutError::Dimensions { width: i32::MIN, height: 0 }),
        (args(0, 8, 4, 7), LayoutError::Stride { stride: 7, row: 32 }),
        (args(0, 8, 4, -32), LayoutError::Stride { stride: -32, row: 32 }),
        (args(0, i32::MAX, 1, i32::MAX), LayoutError::Stride { stride: i32::MAX, row: 4 * i32::MAX as u64 }),
        (args(0, 8, 1 << 16, 1 << 15), LayoutError::TooLarge { size: 1 << 31 }),
        (args(0, 1, i32::MAX, i32::MAX), LayoutError::TooLarge { size: (i32::MAX as u64).pow(2) }),
        (args(i32::MAX, 8, 4, 32), LayoutError::OutsidePool { end: huge as u64 + 128, pool_size: huge }),
    ];
    for (args, expected) in cases {
        assert_eq!(check(args, huge), Err(expected));
    }
}

#[test]
fn m07_a_stride_counts_bytes_not_pixels() {
    assert_eq!(check(args(0, 32, 1, 40), 4096), Err(LayoutError::Stride { stride: 40, row: 128 }));
    let two_bytes = BufferArgs { format: FORMATS[2].code, ..args(0, 32, 1, 64) };
    assert!(check(two_bytes, 64).is_ok());
}

#[test]
fn m08_a_format_that_was_not_advertised_is_an_error() {
    let error = check(BufferArgs { format: 77, ..args(-1, -1, -1, -1) }, 0).unwrap_err();
    assert_eq!(error, LayoutError::Format { code: 77 });
}

#[test]
fn a_packed_layout_is_as_large_as_its_pixels() {
    let layout = Layout::packed(64, 3, 2, PixelFormat::XRGB8888).unwrap();
    assert_eq!(layout.args(), BufferArgs { offset: 64, width: 3, height: 2, stride: 12, format: 1 });
    assert_eq!(layout.end(), 64 + 24);
    for (width, height) in [(u32::MAX, 1), (1, u32::MAX), (1 << 15, 1 << 15)] {
        let error = Layout::packed(0, width, height, PixelFormat::ARGB8888).unwrap_err();
        assert!(matches!(error, LayoutError::TooLarge { .. }), "{error:?}");
    }
    assert!(matches!(Layout::packed(i32::MAX, 1, 1, PixelFormat::ARGB8888), Err(LayoutError::OutsidePool { .. })));
}

#[test]
fn a_format_without_bytes_is_not_advertised() {
    let none = PixelFormat { code: 0, bytes_per_pixel: 0 };
    assert_eq!(Layout::check(args(0, 1, 1, 4), 4, &[none]), Err(LayoutError::Format { code: 0 }));
}

#[test]
fn a_side_may_be_as_long_as_is_asked_for_and_no_longer() {
    for (width, height) in [(9, 1), (1, 9)] {
        let layout = Layout::packed(0, width, height, PixelFormat::ARGB8888).unwrap();
        assert_eq!(layout.within(9), Ok(layout));
        let (width, height) = (width as i32, height as i32);
        assert_eq!(layout.within(8), Err(LayoutError::Dimensions { width, height }));
    }
}

#[test]
fn rows_lie_where_offset_and_stride_put_them() {
    let layout = check(args(16, 8, 4, 40), 176).unwrap();
    assert_eq!(layout.row(0, 0, 8), Some(16..48));
    assert_eq!(layout.row(2, 3, 6), Some(144..168));
    assert_eq!(layout.row(3, 3, 6), None);
    assert_eq!(layout.row(0, 4, 1), None);
    assert_eq!(layout.row(u32::MAX, 0, 2), None);
    assert_eq!(layout.offset_of(2, 3), 144);
}
