//! Entries in pages that exist only while one of their ids is taken.

use std::collections::BTreeMap;

use super::{Entry, MAX_INDEX};

/// Entries of a page: as many as `taken` has bits, so that a vacant one is found at once. 512 bytes, since most clients
/// have a few objects that the server made, and an object can be alone on its page.
pub(super) const PAGE: u32 = if cfg!(test) { 4 } else { 32 };

/// `taken` of a page without a vacant entry.
const FULL: u32 = u32::MAX >> (32 - PAGE);

#[derive(Debug)]
struct Page {
    entries: [Entry; PAGE as usize],
    /// One bit for each entry that is not vacant.
    taken: u32,
    /// Whether the number of the page is in [`Pages::roomy`].
    roomy: bool,
}

impl Page {
    const EMPTY: Page = Page { entries: [Entry::VACANT; PAGE as usize], taken: 0, roomy: false };
}

/// The entries of one id range from some index on.
///
/// A map from page numbers costs a few comparisons for each lookup, but it holds nothing for ids that were used long
/// ago, and an insertion moves at most a node of it.
#[derive(Debug)]
pub(super) struct Pages {
    pages: BTreeMap<u32, Box<Page>>,
    /// The lowest index that was never used. In our own range, that of the next new page.
    reached: u32,
    /// Pages of our own range with a vacant entry, missing ones included. Empty in the peer's range.
    roomy: Vec<u32>,
    /// Missing pages with lower numbers need not be in `roomy`: they are looked for when it is empty.
    unlisted: u32,
    /// A page without entries, so that an object alone on its page can come and go without an allocation.
    spare: Option<Box<Page>>,
    /// Whether we allocate the ids of this range.
    own: bool,
}

fn split(index: u32) -> (u32, usize) {
    (index / PAGE, (index % PAGE) as usize)
}

impl Pages {
    /// Pages for the indices from `first` on, a multiple of [`PAGE`].
    pub(super) fn new(first: u32, own: bool) -> Pages {
        Pages { pages: BTreeMap::new(), reached: first, roomy: Vec::new(), unlisted: 0, spare: None, own }
    }

    pub(super) fn get(&self, index: u32) -> Option<&Entry> {
        let (number, at) = split(index);
        self.pages.get(&number)?.entries.get(at)
    }

    /// The entry of an index, to be changed but not vacated: see [`Pages::release`].
    pub(super) fn get_mut(&mut self, index: u32) -> Option<&mut Entry> {
        let (number, at) = split(index);
        self.pages.get_mut(&number)?.entries.get_mut(at)
    }

    /// Takes an index that the peer chose. `None` if it is neither in use nor was, nor is the next one.
    pub(super) fn reserve(&mut self, index: u32) -> Option<&mut Entry> {
        if index > self.reached || index >= MAX_INDEX {
            return None;
        }
        self.reached = self.reached.max(index + 1);
        let (number, at) = split(index);
        let page = page_mut(&mut self.pages, &mut self.spare, number);
        page.taken |= 1 << at;
        page.entries.get_mut(at)
    }

    /// Takes an index of our own range: of those that are vacant, the lowest of one page, or the next new one. `None`
    /// if the range is exhausted.
    pub(super) fn allocate(&mut self) -> Option<(u32, &mut Entry)> {
        let number = match self.roomy.last() {
            Some(&number) => number,
            None => self.next_page()?,
        };
        let page = page_mut(&mut self.pages, &mut self.spare, number);
        let at = page.taken.trailing_ones();
        page.taken |= 1 << at;
        page.roomy = page.taken != FULL;
        if !page.roomy {
            self.roomy.pop();
        }
        Some((number * PAGE + at, page.entries.get_mut(at as usize)?))
    }

    /// Lists a page when none is: a missing one that was not listed, or a new one. Each number is looked at once.
    fn next_page(&mut self) -> Option<u32> {
        let below = std::mem::take(&mut self.unlisted);
        let missing = (0..below).rev().find(|number| !self.pages.contains_key(number));
        let number = match missing {
            Some(number) => {
                self.unlisted = number;
                number
            }
            None if self.reached >= MAX_INDEX => return None,
            None => {
                let number = self.reached / PAGE;
                self.reached += PAGE;
                number
            }
        };
        self.roomy.push(number);
        Some(number)
    }

    /// Vacates the entry of an index that is taken, and frees its page if it was the last.
    pub(super) fn release(&mut self, index: u32) {
        let (number, at) = split(index);
        let Some(page) = self.pages.get_mut(&number) else { return };
        page.entries[at] = Entry::VACANT;
        page.taken &= !(1 << at);
        if self.own && !page.roomy {
            page.roomy = true;
            self.roomy.push(number);
        }
        if page.taken == 0 {
            let page = self.pages.remove(&number);
            self.spare = self.spare.take().or(page);
        }
    }

    /// The lowest live object from `from` on.
    pub(super) fn next_live(&self, from: u32) -> Option<(u32, Entry)> {
        let (first, skip) = split(from);
        self.pages.range(first..).find_map(|(&number, page)| {
            let skip = if number == first { skip } else { 0 };
            let at = skip + page.entries.get(skip..)?.iter().position(Entry::is_live)?;
            Some((number * PAGE + at as u32, page.entries[at]))
        })
    }

    /// The lowest index that was never used.
    #[cfg(feature = "io")]
    pub(super) fn reached(&self) -> u32 {
        self.reached
    }

    /// Takes the indices below `reached` for used.
    #[cfg(feature = "io")]
    pub(super) fn reach(&mut self, reached: u32) {
        self.reached = self.reached.max(if self.own { reached.next_multiple_of(PAGE) } else { reached });
    }

    /// All entries, with their indices, in order.
    #[cfg(feature = "io")]
    pub(super) fn entries(&self) -> impl Iterator<Item = (u32, &Entry)> {
        self.pages.iter().flat_map(|(&number, page)| (number * PAGE..).zip(&page.entries))
    }

    /// The place of an index that was in use before. `None` if it never was.
    #[cfg(feature = "io")]
    pub(super) fn place(&mut self, index: u32) -> Option<&mut Entry> {
        if index >= self.reached {
            return None;
        }
        let (number, at) = split(index);
        let page = page_mut(&mut self.pages, &mut self.spare, number);
        page.taken |= 1 << at;
        page.entries.get_mut(at)
    }

    /// Finds the pages with a vacant entry, after entries were put at their [places](Pages::place).
    #[cfg(feature = "io")]
    pub(super) fn find_roomy(&mut self) {
        // The lowest comes last, so that it is filled first. Missing ones may be far more than there are.
        self.unlisted = self.reached / PAGE;
        for (&number, page) in self.pages.iter_mut().rev().filter(|(_, page)| page.taken != FULL) {
            page.roomy = true;
            self.roomy.push(number);
        }
    }

    /// How many pages there are, the spare one included, and how many bytes all of this has.
    #[cfg(test)]
    pub(super) fn footprint(&self) -> (usize, usize) {
        let pages = self.pages.len() + usize::from(self.spare.is_some());
        let directory = self.pages.len() * size_of::<(u32, Box<Page>)>() + self.roomy.capacity() * size_of::<u32>();
        (pages, pages * size_of::<Page>() + directory)
    }
}

/// The page of a number, made if it is missing.
fn page_mut<'a>(pages: &'a mut BTreeMap<u32, Box<Page>>, spare: &mut Option<Box<Page>>, number: u32) -> &'a mut Page {
    pages.entry(number).or_insert_with(|| spare.take().unwrap_or_else(|| Box::new(Page::EMPTY)))
}
