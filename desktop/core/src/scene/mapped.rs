//! A part of a picture, turned and scaled. Knows which pixels are seen where; refuses to know why.
//!
//! Pixels are looked up when they are drawn, row by row; nothing is copied before. What was read last is kept while one
//! picture is drawn: rows of a picture that is scaled up are needed several times, and a turned one is read in columns.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use bytemuck::{cast_slice, cast_slice_mut, try_cast_slice_mut};
use wayline_pixels::Layout;

use super::pixels::{AccessError, Pixels};
use super::read::read;
use super::scale::{Axis, Tap, Taps, mix_rows};

/// Columns of a turned picture that are read together: each row is made of one or two of them.
const COLUMNS: u32 = 64;

/// How a picture is turned before it is shown: first mirrored, left to right, then turned counter-clockwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// 0 to 3; more are counted from 0 again.
    pub quarters: u8,
    /// Whether it is mirrored.
    pub mirrored: bool,
}

impl Turn {
    /// Whether width and height change places.
    pub fn is_sideways(self) -> bool {
        self.quarters & 1 == 1
    }
}

/// What of a picture is shown, and how large.
#[derive(Clone, Copy, Debug)]
pub struct Map {
    /// The picture in its memory.
    pub source: Layout,
    /// How it is turned.
    pub turn: Turn,
    /// The part of the turned picture that is shown: left, top, width and height in its pixels. What is outside of the
    /// picture is cut off.
    pub part: [f64; 4],
    /// Size on the screen, in pixels.
    pub size: (u32, u32),
}

/// A mapped picture: rows of words `0xAARRGGBB` without gaps. Of a format without alpha it has none either: its pixels
/// are to be read as [`PixelFormat::XRGB8888`](crate::PixelFormat::XRGB8888) then.
#[derive(Clone, Debug)]
pub struct Mapped<P> {
    pub(crate) pixels: P,
    pub(crate) map: Map,
    /// Which no other has.
    number: u64,
}

thread_local! {
    static CACHE: RefCell<Cache> = RefCell::default();
}

/// The number of the next picture; 0 is none.
static NEXT_NUMBER: AtomicU64 = AtomicU64::new(1);

/// What was read last. There is one for all pictures.
#[derive(Debug, Default)]
struct Cache {
    picture: u64,
    /// The samples of these columns of the screen.
    taps: Taps,
    /// Two rows of the turned picture with their numbers: what of them `taps` need or, if rows are needed several times,
    /// what `taps` make of them.
    rows: [(Option<u32>, Vec<u32>); 2],
    /// A part of a turned picture, as it is in memory.
    block: Block,
    /// Space for what is read, and what is made of it.
    bytes: Vec<u8>,
    words: Vec<u32>,
}

#[derive(Debug, Default)]
struct Block {
    columns: Range<u32>,
    rows: Range<u32>,
    words: Vec<u32>,
}

impl<P: Pixels> Mapped<P> {
    /// This part of these pixels.
    pub fn new(pixels: P, map: Map) -> Self {
        Self { pixels, map, number: NEXT_NUMBER.fetch_add(1, Ordering::Relaxed) }
    }
}

impl<P: Pixels> Pixels for Mapped<P> {
    fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), AccessError> {
        let Ok(words) = try_cast_slice_mut(into) else {
            let mut words = vec![0_u32; into.len() / 4];
            self.read(offset, cast_slice_mut(&mut words))?;
            into[..words.len() * 4].copy_from_slice(cast_slice(&words));
            return Ok(());
        };
        // Taken away, since the pixels may be mapped ones, too.
        let mut cache = CACHE.take();
        if cache.picture != self.number {
            cache.picture = self.number;
            cache.taps.wanted = 0..0;
            cache.block.rows = 0..0;
        }
        let result = self.row(&mut cache, offset / 4, words);
        if result.is_err() {
            // Part of it may be old.
            cache.picture = 0;
        }
        CACHE.set(cache);
        result
    }

    /// A row at a time.
    fn block(&self) -> usize {
        0
    }
}

impl<P: Pixels> Mapped<P> {
    /// Reads pixels of one row of the screen, from the one with this number on.
    fn row(&self, cache: &mut Cache, start: usize, out: &mut [u32]) -> Result<(), AccessError> {
        if out.is_empty() {
            return Ok(());
        }
        let width = self.map.size.0.max(1) as usize;
        let (left, y) = ((start % width) as u32, (start / width) as u32);
        let [x_axis, y_axis] = self.map.axes();
        if cache.taps.want(&x_axis, left..left + out.len() as u32) {
            cache.rows.iter_mut().for_each(|(number, _)| *number = None);
        }
        // Columns are mixed where that is less: of each row that is read, or of each that is shown.
        let early = y_axis.is_enlarged() && !cache.taps.is_plain();
        let tap = y_axis.tap(y);
        self.fetch(cache, tap.first, tap.second(), early)?;
        self.fetch(cache, tap.second(), tap.first, early)?;
        cache.draw(tap, early, out);
        out.iter_mut().for_each(|word| *word = word.to_le());
        Ok(())
    }

    /// Sees to it that the cache has a row of the turned picture, and keeps another one that it may have.
    fn fetch(&self, cache: &mut Cache, row: u32, keep: u32, early: bool) -> Result<(), AccessError> {
        if cache.rows.iter().any(|(number, _)| *number == Some(row)) {
            return Ok(());
        }
        let slot = usize::from(cache.rows[0].0 == Some(keep));
        let (_, mut kept) = std::mem::take(&mut cache.rows[slot]);
        let (length, mut words) = (cache.taps.needed.len(), std::mem::take(&mut cache.words));
        words.resize(length + 1, 0);
        self.read_row(cache, row, &mut words[..length])?;
        if early {
            kept.resize(cache.taps.firsts.len(), 0);
            cache.taps.mix(&words, &mut kept);
        } else {
            std::mem::swap(&mut kept, &mut words);
        }
        cache.words = words;
        cache.rows[slot] = (Some(row), kept);
        Ok(())
    }

    /// Reads a row of the turned picture.
    fn read_row(&self, cache: &mut Cache, row: u32, words: &mut [u32]) -> Result<(), AccessError> {
        let Map { source, turn, .. } = self.map;
        let (width, height) = self.map.upright();
        let Range { start: left, end: right } = cache.taps.needed;
        // Which way columns and rows of the turned picture run in memory.
        let quarters = turn.quarters & 3;
        let (backwards, upwards) = (matches!(quarters, 1 | 2) != turn.mirrored, quarters >= 2);
        let span = if backwards { width - right..width - left } else { left..right };
        let row = if upwards { height - 1 - row } else { row };
        if turn.is_sideways() {
            self.fetch_block(cache, row, &span)?;
            let Block { columns, rows, words: block } = &cache.block;
            let column = (row - columns.start) as usize;
            let rows = block.chunks_exact(columns.len()).skip((span.start - rows.start) as usize);
            words.iter_mut().zip(rows).for_each(|(word, row)| *word = row[column]);
        } else {
            let offset = source.offset_of(span.start, row);
            read(&self.pixels, &source, offset, words, &mut cache.bytes, !source.format().has_alpha())?;
        }
        if backwards {
            words.reverse();
        }
        Ok(())
    }

    /// Sees to it that the block holds some rows of a column in memory.
    fn fetch_block(&self, cache: &mut Cache, column: u32, rows: &Range<u32>) -> Result<(), AccessError> {
        let (source, block) = (self.map.source, &mut cache.block);
        if block.columns.contains(&column) && block.rows.start <= rows.start && rows.end <= block.rows.end {
            return Ok(());
        }
        // Nothing, should a read fail.
        block.rows = 0..0;
        let start = column - column % COLUMNS;
        block.columns = start..(start + COLUMNS).min(source.size().0);
        let width = block.columns.len();
        block.words.resize(width * rows.len(), 0);
        for (row, words) in rows.clone().zip(block.words.chunks_exact_mut(width)) {
            read(&self.pixels, &source, source.offset_of(start, row), words, &mut cache.bytes, false)?;
        }
        block.rows = rows.clone();
        Ok(())
    }
}

impl Cache {
    /// Makes a row of the screen of the two that are kept.
    fn draw(&mut self, tap: Tap, early: bool, out: &mut [u32]) {
        let slot = |row| usize::from(self.rows[0].0 != Some(row));
        let [upper, lower] = [tap.first, tap.second()].map(|row| self.rows[slot(row)].1.as_slice());
        match (tap.weight, early || self.taps.is_plain()) {
            (0, true) => out.copy_from_slice(&upper[..out.len()]),
            (0, false) => self.taps.mix(upper, out),
            (weight, true) => mix_rows(upper, lower, weight, out),
            (weight, false) => {
                self.words.resize(upper.len(), 0);
                mix_rows(upper, lower, weight, &mut self.words);
                self.taps.mix(&self.words, out);
            }
        }
    }
}

impl Map {
    /// Size of the turned picture.
    fn upright(&self) -> (u32, u32) {
        let (width, height) = self.source.size();
        if self.turn.is_sideways() { (height, width) } else { (width, height) }
    }

    fn axes(&self) -> [Axis; 2] {
        let [x, y, width, height] = self.part;
        let (limit_x, limit_y) = self.upright();
        [Axis::new(x, width, self.size.0, limit_x), Axis::new(y, height, self.size.1, limit_y)]
    }
}

#[cfg(test)]
mod tests;
