use super::*;

fn bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

/// The body of a message of `size` bytes besides its header. What was there before must not be seen.
fn body(size: usize, write: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut out = vec![0xaa; HEADER + size];
    let mut writer = Writer::new(&mut out, 1, 0);
    write(&mut writer);
    assert_eq!(writer.message().len(), HEADER + size);
    out.split_off(HEADER)
}

fn string_body(text: &str) -> Vec<u8> {
    body(string_size(text).unwrap(), |writer| writer.string(text))
}

fn array_body(array: &[u8]) -> Vec<u8> {
    body(array_size(array), |writer| writer.array(array))
}

#[test]
fn w01_sync_is_three_words() {
    let mut out = vec![0xaa; 12];
    write_words(&mut out, 1, 0, [2]);
    assert_eq!(out, bytes(&[1, 0x000c_0000, 2]));
}

#[test]
fn w02_get_registry_has_opcode_1() {
    let mut out = vec![0xaa; 12];
    write_words(&mut out, 1, 1, [2]);
    assert_eq!(out, bytes(&[1, 0x000c_0001, 2]));
}

#[test]
fn w03_bind_carries_interface_version_and_id() {
    let size = HEADER + 4 + string_size("wl_shm").unwrap() + 8;
    let mut out = vec![0xaa; size];
    let mut writer = Writer::new(&mut out, 2, 0);
    writer.word(1);
    writer.string("wl_shm");
    writer.word(1);
    writer.word(3);
    assert_eq!(writer.message().len(), size);
    let mut expected = bytes(&[2, 0x0020_0000, 1, 7]);
    expected.extend(b"wl_shm\0\0");
    expected.extend(bytes(&[1, 3]));
    assert_eq!(out, expected);
}

#[test]
fn w04_strings_count_their_nul_and_are_padded_with_zeros() {
    for (text, length, body) in [("", 1, 4), ("abc", 4, 4), ("abcd", 5, 8)] {
        let out = string_body(text);
        assert_eq!(out.len(), string_size(text).unwrap());
        assert_eq!(out.len(), 4 + body);
        assert_eq!(out[..4], u32::to_ne_bytes(length));
        assert!(out[4 + text.len()..].iter().all(|&byte| byte == 0));
        assert_eq!(Reader::new(&out).string(), Ok(text));
    }
}

#[test]
fn w05_null_string_is_not_the_empty_string() {
    assert_eq!(Reader::new(&bytes(&[0])).optional_string(), Ok(None));
    assert_eq!(Reader::new(&bytes(&[0])).string(), Err(DecodeError::Null));
    assert_eq!(Reader::new(&string_body("")).optional_string(), Ok(Some("")));
}

#[test]
fn w06_arrays_are_padded() {
    for (length, body) in [(0, 0), (1, 4), (4, 4), (5, 8)] {
        let array = vec![7; length];
        let out = array_body(&array);
        assert_eq!(out.len(), 4 + body);
        assert_eq!(out.len(), array_size(&array));
        assert_eq!(Reader::new(&out).array(), Ok(&array[..]));
    }
}

#[test]
fn w09_fixed_rounds_halves_away_from_zero() {
    for (value, bits) in [(62.125, 0x3e20), (-1200.625, -0x4b0a0), (1.0 / 512.0, 1), (-1.0 / 512.0, -1)] {
        assert_eq!(Fixed::from_f64(value).to_bits(), bits);
    }
}

#[test]
fn w10_fixed_truncates_toward_zero_and_converts_exactly() {
    assert_eq!(Fixed::from_bits(0x0027_7013).to_int(), 0x2770);
    assert_eq!(Fixed::from_bits(-0x5044).to_int(), -0x50);
    assert_eq!(Fixed::from_bits(i32::MIN).to_f64().to_bits(), (-8_388_608.0f64).to_bits());
    assert_eq!(Fixed::from_bits(0x0001_2030).to_f64().to_bits(), 288.1875f64.to_bits());
}

#[test]
fn w11_fixed_saturates() {
    assert_eq!(Fixed::from_f64(f64::NAN), Fixed::ZERO);
    assert_eq!(Fixed::from_f64(f64::INFINITY).to_bits(), i32::MAX);
    assert_eq!(Fixed::from_f64(f64::NEG_INFINITY).to_bits(), i32::MIN);
    assert_eq!(Fixed::from_f64(8_388_608.0).to_bits(), i32::MAX);
    assert_eq!(Fixed::from_int(i32::MAX).to_bits(), i32::MAX);
}

#[test]
fn w12_pad_bytes_are_ignored() {
    let mut body = bytes(&[2]);
    body.extend(b"a\0\xff\xff");
    body.extend(bytes(&[1]));
    body.extend(b"z\xff\xff\xff");
    let mut reader = Reader::new(&body);
    assert_eq!(reader.string(), Ok("a"));
    assert_eq!(reader.array(), Ok(&b"z"[..]));
    assert_eq!(reader.finish(), Ok(()));
}

#[test]
fn w18_lengths_beyond_the_message_are_malformed() {
    for length in [0xffff_fffc, 0x8000_0000, 0x7fff_ffff, 0xffff_ffff, 13] {
        let body = bytes(&[length, 0, 0, 0]);
        assert_eq!(Reader::new(&body).string(), Err(DecodeError::Short));
        assert_eq!(Reader::new(&body).array(), Err(DecodeError::Short));
    }
}

#[test]
fn w19_strings_end_in_their_only_nul() {
    let mut body = bytes(&[4]);
    body.extend(b"abcd");
    assert_eq!(Reader::new(&body).string(), Err(DecodeError::Nul));
    let mut body = bytes(&[4]);
    body.extend(b"a\0c\0");
    assert_eq!(Reader::new(&body).string(), Err(DecodeError::Nul));
}

#[test]
fn w20_array_one_byte_too_long_is_malformed() {
    let mut body = bytes(&[5]);
    body.extend([0; 4]);
    assert_eq!(Reader::new(&body).array(), Err(DecodeError::Short));
    // The bytes are there, their pad is not.
    body.push(0);
    assert_eq!(Reader::new(&body).array(), Err(DecodeError::Short));
}

#[test]
fn w21_fields_that_end_early_are_malformed() {
    assert_eq!(Reader::new(&[]).word(), Err(DecodeError::Short));
    assert_eq!(Reader::new(&[0; 3]).word(), Err(DecodeError::Short));
    assert_eq!(Reader::new(&[]).string(), Err(DecodeError::Short));
    assert_eq!(Reader::new(&[]).array(), Err(DecodeError::Short));
    assert_eq!(words_of::<2>(&[0; 4]), Err(DecodeError::Short));
}

#[test]
fn w22_surplus_is_malformed() {
    assert_eq!(words_of::<1>(&[0; 8]), Err(DecodeError::Long));
    assert_eq!(Reader::new(&[0; 4]).finish(), Err(DecodeError::Long));
}

#[test]
fn w26_interior_nul_has_no_size() {
    assert_eq!(string_size("a\0b"), None);
}

#[test]
fn w27_invalid_utf8_is_malformed() {
    let mut body = bytes(&[3]);
    body.extend(b"\xff\xfe\0\0");
    assert_eq!(Reader::new(&body).string(), Err(DecodeError::Utf8));
}

#[test]
fn w29_fixed_prints_eight_decimals() {
    assert_eq!(Fixed::from_bits(1).to_string(), "0.00390625");
    assert_eq!(Fixed::from_bits(-257).to_string(), "-1.00390625");
    assert_eq!(Fixed::from_bits(i32::MIN).to_string(), "-8388608.00000000");
}

#[test]
fn words_of_an_array_leave_out_a_fragment() {
    let mut array = bytes(&[1, 2]);
    array.push(9);
    assert_eq!(words(&array).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_nul_is_found_at_every_place_of_texts_of_every_length() {
    for length in 0..200 {
        let mut text = vec![b'x'; length];
        assert!(!super::reader::has_nul(&text), "{length}");
        for at in 0..length {
            text[at] = 0;
            assert!(super::reader::has_nul(&text), "{at} of {length}");
            text[at] = b'x';
        }
    }
}
