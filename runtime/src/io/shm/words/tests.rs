use std::thread;

use super::*;

const WORDS: usize = 8;

/// Words that hold the bytes 0, 1, 2, ...
fn counting() -> (Vec<AtomicUsize>, Vec<u8>) {
    let bytes: Vec<u8> = (0..WORDS * WORD).map(|byte| byte as u8).collect();
    let words = bytes.as_chunks::<WORD>().0.iter().map(|word| AtomicUsize::new(usize::from_ne_bytes(*word)));
    (words.collect(), bytes)
}

fn contents(words: &[AtomicUsize]) -> Vec<u8> {
    words.iter().flat_map(|word| word.load(Relaxed).to_ne_bytes()).collect()
}

fn each_range(mut check: impl FnMut(usize, usize)) {
    for at in 0..=WORDS * WORD {
        for length in 0..=WORDS * WORD - at {
            check(at, length);
        }
    }
}

#[test]
fn every_range_reads_as_it_is() {
    let (words, bytes) = counting();
    each_range(|at, length| {
        let mut out = vec![0xff; length];
        read(&words, at, &mut out);
        assert_eq!(out, &bytes[at..at + length], "{at}+{length}");
    });
}

#[test]
fn every_range_is_written_and_nothing_else() {
    each_range(|at, length| {
        let (words, mut bytes) = counting();
        let new: Vec<u8> = (0..length).map(|byte| 0x80 | byte as u8).collect();
        write(&words, at, &new);
        bytes[at..at + length].copy_from_slice(&new);
        assert_eq!(contents(&words), bytes, "{at}+{length}");
    });
}

#[test]
fn every_range_is_filled_and_nothing_else() {
    each_range(|at, length| {
        let (words, mut bytes) = counting();
        fill(&words, at, length, 0xaa);
        bytes[at..at + length].fill(0xaa);
        assert_eq!(contents(&words), bytes, "{at}+{length}");
    });
}

#[test]
fn neighbours_in_one_word_do_not_undo_each_other() {
    let words = [AtomicUsize::new(0)];
    let rounds = if cfg!(miri) { 50 } else { 10_000 };
    thread::scope(|scope| {
        for at in 0..WORD {
            let words = &words;
            scope.spawn(move || {
                for round in 0..rounds {
                    let byte = round as u8;
                    write(words, at, &[byte]);
                    let mut seen = [0];
                    read(words, at, &mut seen);
                    assert_eq!(seen, [byte]);
                }
            });
        }
    });
}

#[test]
fn m14_a_reader_sees_old_and_new_words_and_nothing_else() {
    let words: Vec<_> = (0..WORDS).map(|_| AtomicUsize::new(0)).collect();
    let rounds = if cfg!(miri) { 50 } else { 10_000 };
    thread::scope(|scope| {
        let writer = scope.spawn(|| (0..rounds).for_each(|round| fill(&words, 0, WORDS * WORD, round as u8)));
        let mut out = [0; WORDS * WORD];
        while !writer.is_finished() {
            read(&words, 0, &mut out);
            for word in out.as_chunks::<WORD>().0 {
                assert!(word.iter().all(|&byte| byte == word[0]), "{word:?}");
            }
        }
    });
}
