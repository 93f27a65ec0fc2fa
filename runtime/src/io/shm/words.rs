//! Copying between private bytes and memory that others may write meanwhile.
//!
//! Every access is one relaxed atomic load, store or exchange of one aligned
//! machine word. There are no accesses of other sizes, so also threads of this
//! process that use the same mapping at once race in no way the language
//! forbids; what they may see is a mixture of old and new words. All of it is
//! safe code and runs on ordinary memory in tests.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Bytes of a machine word.
pub(super) const WORD: usize = size_of::<usize>();

/// Copies the bytes from `at` on out of `words`.
///
/// # Panics
/// If `words` ends before `at + out.len()`; callers check.
pub(super) fn read(words: &[AtomicUsize], at: usize, out: &mut [u8]) {
    let (mut index, skip) = (at / WORD, at % WORD);
    let (head, body) = out.split_at_mut(head_length(skip, out.len()));
    if !head.is_empty() {
        head.copy_from_slice(&words[index].load(Relaxed).to_ne_bytes()[skip..][..head.len()]);
        index += 1;
    }
    let (body, tail) = body.as_chunks_mut::<WORD>();
    let whole = body.len();
    for (bytes, word) in body.iter_mut().zip(&words[index..][..whole]) {
        *bytes = word.load(Relaxed).to_ne_bytes();
    }
    if !tail.is_empty() {
        tail.copy_from_slice(&words[index + whole].load(Relaxed).to_ne_bytes()[..tail.len()]);
    }
}

/// Copies `bytes` into `words` from byte `at` on, and changes no other byte.
///
/// # Panics
/// If `words` ends before `at + bytes.len()`; callers check.
pub(super) fn write(words: &[AtomicUsize], at: usize, bytes: &[u8]) {
    let (mut index, skip) = (at / WORD, at % WORD);
    let (head, body) = bytes.split_at(head_length(skip, bytes.len()));
    if !head.is_empty() {
        patch(&words[index], |word| word[skip..][..head.len()].copy_from_slice(head));
        index += 1;
    }
    let (body, tail) = body.as_chunks::<WORD>();
    for (bytes, word) in body.iter().zip(&words[index..][..body.len()]) {
        word.store(usize::from_ne_bytes(*bytes), Relaxed);
    }
    if !tail.is_empty() {
        patch(&words[index + body.len()], |word| word[..tail.len()].copy_from_slice(tail));
    }
}

/// Sets `length` bytes from `at` on to `byte`.
///
/// # Panics
/// If `words` ends before `at + length`; callers check.
pub(super) fn fill(words: &[AtomicUsize], at: usize, length: usize, byte: u8) {
    let (mut index, skip) = (at / WORD, at % WORD);
    let head = head_length(skip, length);
    let (body, tail) = ((length - head) / WORD, (length - head) % WORD);
    if head > 0 {
        patch(&words[index], |word| word[skip..][..head].fill(byte));
        index += 1;
    }
    for word in &words[index..][..body] {
        word.store(usize::from_ne_bytes([byte; WORD]), Relaxed);
    }
    if tail > 0 {
        patch(&words[index + body], |word| word[..tail].fill(byte));
    }
}

/// Bytes before the first word boundary, `skip` bytes into a word.
fn head_length(skip: usize, length: usize) -> usize {
    if skip == 0 { 0 } else { length.min(WORD - skip) }
}

/// Changes a part of a word. An exchange, not a store: the other bytes may be
/// changing at this moment, and a store would turn them back.
fn patch(word: &AtomicUsize, change: impl Fn(&mut [u8; WORD])) {
    let changed = |old: usize| {
        let mut bytes = old.to_ne_bytes();
        change(&mut bytes);
        usize::from_ne_bytes(bytes)
    };
    let mut old = word.load(Relaxed);
    while let Err(now) = word.compare_exchange_weak(old, changed(old), Relaxed, Relaxed) {
        old = now;
    }
}

#[cfg(test)]
mod tests;
