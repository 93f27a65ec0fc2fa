//! Pages that describe protocols: a static site, or Markdown.
//!
//! ```
//! use wayline_codegen::doc::Site;
//! use wayline_codegen::source::Source;
//!
//! let xml = r#"<protocol name="lamp">
//!   <interface name="lamp" version="1">
//!     <request name="destroy" type="destructor"/>
//!   </interface>
//! </protocol>"#;
//! let pages = Site::new(vec![Source::new("lamp.xml", xml.into())]).html()?;
//! let paths: Vec<_> = pages.iter().map(|page| page.path.as_str()).collect();
//! assert_eq!(paths, ["lamp.html", "wayline-doc.css", "wayline-doc.js", "wayline-search.js", "index.html"]);
//! assert!(pages[0].text.contains("<h4 id=\"lamp:request:destroy\""));
//! # Ok::<(), wayline_codegen::Error>(())
//! ```
//!
//! Everything has an id that stays the same as long as its names do: `wl_surface`, `wl_surface:request:attach`,
//! `wl_surface:request:attach:arg:buffer`, `wl_surface:event:enter`, `wl_surface:enum:error`,
//! `wl_surface:enum:error:entry:invalid_scale`, and `wl_surface:version:4` for what changed in a version.
//!
//! The command `wayline doc` does the same for files, directories and revisions of git.

mod graph;
mod history;
mod links;
mod overview;
mod prose;
mod read;
mod render;
mod scanner;
mod search;
mod support;
mod view;

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use crate::error::Error;
use crate::source::Source;
use history::Release;
use links::Links;
use render::{Form, Templates};
use view::View;

pub use support::Support;

/// Protocols that are described together: names in their texts and types become links from any of them to any other.
#[derive(Default)]
#[must_use = "nothing happens before `html` or `markdown`"]
pub struct Site {
    title: Option<String>,
    sources: Vec<Source>,
    releases: Vec<Release>,
    support: Vec<Support>,
}

/// A file of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its name, without directories.
    pub path: String,
    /// What is in it.
    pub text: String,
}

impl Site {
    /// A site about these protocols. Two of them may have interfaces of one name.
    pub fn new(sources: Vec<Source>) -> Self {
        Self { sources, ..Self::default() }
    }

    /// What the first page is called; by default `Protocols`, or the name of the only one.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Adds an earlier release of the protocols, with a name for it. Add the oldest first. What
    /// [`diff`](crate::diff) finds from each release to the next, and from the last to the present, is shown with the
    /// version of the interface that it came with.
    pub fn previous(mut self, name: impl Into<String>, sources: Vec<Source>) -> Self {
        self.releases.push(Release { name: name.into(), sources });
        self
    }

    /// Adds what a compositor offers, which is shown with each interface and in a table of all.
    pub fn support(mut self, support: Support) -> Self {
        self.support.push(support);
        self
    }

    /// A site of HTML that needs no server: a page for each protocol, `index.html`, `support.html` if there is anything to
    /// say in it, a style sheet and scripts. The pages are also well-formed XML. They load nothing from elsewhere, and can
    /// be read without scripts.
    ///
    /// # Errors
    /// [`Error::Invalid`] if any file has an error, with those of all files; [`Error::NoInput`] if there is none.
    pub fn html(&self) -> Result<Vec<Page>, Error> {
        self.pages(Form::Html)
    }

    /// The same as Markdown, for forges: a file for each protocol, `README.md`, and `support.md`.
    ///
    /// # Errors
    /// As for [`Self::html`].
    pub fn markdown(&self) -> Result<Vec<Page>, Error> {
        self.pages(Form::Markdown)
    }

    fn pages(&self, form: Form) -> Result<Vec<Page>, Error> {
        let files = read::read(&self.sources)?;
        let steps = history::steps(&self.releases, &self.sources)?;
        let links = Links::new(&files.files, form.ending());
        let title = self.title.clone().unwrap_or_else(|| match files.files.as_slice() {
            [only] => only.model.name.clone(),
            _ => "Protocols".to_owned(),
        });
        let view = View::new(&files, &links, &steps, &self.support, title);
        let templates = Templates::new(form);
        let mut pages = Vec::new();
        let mut add = |path: String, text| pages.push(Page { path, text });
        for page in 0..files.files.len() {
            add(links.page(page), templates.render("protocol", view.protocol(page)));
        }
        if !self.support.is_empty() {
            add(format!("support.{}", form.ending()), templates.render("support", view.support_table()));
        }
        if form == Form::Html {
            add("wayline-doc.css".to_owned(), render::STYLE.to_owned());
            add("wayline-doc.js".to_owned(), render::SCRIPT.to_owned());
            add("wayline-search.js".to_owned(), search::index(&files.files, &links));
        }
        add(form.first_page().to_owned(), templates.render("index", view.index()));
        Ok(pages)
    }
}

/// Writes pages into a directory, which is made if it is not there. All of them are written to a new directory inside it
/// first and then take their places one by one, each in one step: if the disk is full nothing has changed, and no reader
/// ever sees half a page. Other files of the directory stay.
///
/// # Errors
/// The path at fault and what the system said about it.
pub fn write(pages: &[Page], directory: &Path) -> Result<(), Error> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source: io::Error| Error::Write { path, source }
    };
    let is_new = !directory.exists();
    fs::create_dir_all(directory).map_err(failed(directory))?;
    let drafts = directory.join(format!(".wayline-doc.{}.tmp", std::process::id()));
    let written = fs::create_dir(&drafts).map_err(failed(directory)).and_then(|()| {
        for page in pages {
            let path = drafts.join(&page.path);
            fs::write(&path, &page.text).map_err(failed(&directory.join(&page.path)))?;
        }
        for page in pages {
            let path = directory.join(&page.path);
            fs::rename(drafts.join(&page.path), &path).map_err(failed(&path))?;
        }
        Ok(())
    });
    // What is left of the drafts is of no use to anyone; the error says why there are any.
    let _ = fs::remove_dir_all(&drafts);
    if written.is_err() && is_new {
        let _ = fs::remove_dir(directory);
    }
    written
}

/// Texts by what they are about.
type Steps = BTreeMap<String, Vec<history::Step>>;
