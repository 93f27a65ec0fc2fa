//! Messages of bench.xml and of the bootstrap, as bytes.

/// Id of the registry in all that is written by hand.
pub(crate) const REGISTRY: u32 = 2;

/// A message of words.
pub(crate) fn words(object: u32, opcode: u16, words: &[u32]) -> Vec<u8> {
    let size = 8 + 4 * words.len() as u32;
    [object, size << 16 | u32::from(opcode)].iter().chain(words).flat_map(|word| word.to_ne_bytes()).collect()
}

/// A message of one string or array: `length` is the one on the wire, `bytes` what it holds, a string without its NUL.
pub(crate) fn field(object: u32, opcode: u16, length: usize, bytes: &[u8]) -> Vec<u8> {
    let mut body = bytes.to_vec();
    body.resize(length.next_multiple_of(4), 0);
    let body: Vec<u32> = [length as u32].into_iter().chain(body.chunks_exact(4).map(word)).collect();
    words(object, opcode, &body)
}

/// `wl_display.get_registry`.
pub(crate) fn get_registry() -> Vec<u8> {
    words(1, 1, &[REGISTRY])
}

/// `wl_registry.bind` of the global called `name`, which becomes the object `id`.
pub(crate) fn bind(name: u32, id: u32) -> Vec<u8> {
    words(REGISTRY, 0, &[&[name][..], &interface(), &[1, id]].concat())
}

/// `wl_registry.global`.
pub(crate) fn global(name: u32) -> Vec<u8> {
    words(REGISTRY, 0, &[&[name][..], &interface(), &[1]].concat())
}

/// The string `wlbench_peer`.
fn interface() -> Vec<u32> {
    [13].into_iter().chain(b"wlbench_peer\0\0\0\0".chunks_exact(4).map(word)).collect()
}

/// The first word of some bytes.
pub(crate) fn word(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |word| u32::from_ne_bytes(*word))
}
