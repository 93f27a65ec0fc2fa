//! The guide to Wayline, whose chapters are beside this file. `mdbook build docs` makes a book of them.
//!
//! The crate is there so that `cargo test --doc -p wayline-guide` compiles and runs the listings. The protocols that they
//! speak are generated from the XML listings, by the build script.

// Its listings are those of the first chapter.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
const _: () = ();

macro_rules! chapters {
    ($($chapter:literal),* $(,)?) => {
        $(
            #[cfg(doctest)]
            #[doc = include_str!($chapter)]
            const _: () = ();
        )*

        /// The files of the chapters, in the order of `SUMMARY.md`.
        pub const CHAPTERS: &[&str] = &[$($chapter),*];
    };
}

chapters! {
    "introduction.md",
    "first-protocol.md",
    "protocol-docs.md",
    "values.md",
    "objects.md",
    "errors.md",
    "shared-memory.md",
    "fences.md",
    "loops.md",
    "clients.md",
    "libraries.md",
    "compositor.md",
    "testing.md",
    "tools.md",
    "remote.md",
    "upgrade.md",
    "limits.md",
    "from-libwayland.md",
    "from-wayland-rs.md",
    "egl.md",
    "machines.md",
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_summary_lists_the_chapters_whose_listings_are_tested() {
        let summary = include_str!("SUMMARY.md");
        let links = summary.lines().filter_map(|line| line.split_once("](")?.1.strip_suffix(')'));
        assert_eq!(links.collect::<Vec<_>>(), super::CHAPTERS);
    }
}
