//! What templates show of all protocols together.

use std::collections::BTreeSet;

use minijinja::context;
use minijinja::value::Value;

use super::Support;
use super::view::{View, is_unstable};

impl View<'_> {
    /// The first page.
    pub(super) fn index(&self) -> Value {
        let protocols = self.files.files.iter().enumerate().map(|(page, file)| {
            let interfaces = file.model.interfaces.iter().map(|interface| {
                context! {
                    name => &interface.name,
                    version => interface.version,
                    href => self.links.href(None, page, &interface.name),
                }
            });
            let summary = file.model.docs.summary.as_deref().or(match file.model.interfaces.as_slice() {
                [only] => only.docs.summary.as_deref(),
                _ => None,
            });
            context! {
                name => &file.model.name,
                href => self.links.page(page),
                unstable => is_unstable("", &file.model.name),
                summary,
                interfaces => interfaces.collect::<Vec<_>>(),
            }
        });
        context! {
            site => &self.title,
            title => &self.title,
            protocols => protocols.collect::<Vec<_>>(),
            interfaces => self.files.files.iter().map(|file| file.model.interfaces.len()).sum::<usize>(),
            support => !self.support.is_empty(),
            gone => self.gone(),
        }
    }

    /// Changes to what is not described any more, or to no interface.
    fn gone(&self) -> Vec<Value> {
        let known: BTreeSet<_> =
            self.files.files.iter().flat_map(|file| &file.model.interfaces).map(|one| one.name.as_str()).collect();
        let others = self.steps.iter().filter(|(name, _)| !known.contains(name.as_str()));
        let steps = others.flat_map(|(_, steps)| steps).map(|step| {
            let class = step.change.class().name();
            context! { class, rule => step.change.rule().name(), since => &step.since, message => step.change.message() }
        });
        steps.collect()
    }

    /// Which compositor offers what.
    pub(super) fn support_table(&self) -> Value {
        let offered: BTreeSet<_> = self.support.iter().flat_map(Support::interfaces).collect();
        let mut described = BTreeSet::new();
        let mut rows = Vec::new();
        for (page, file) in self.files.files.iter().enumerate() {
            for interface in &file.model.interfaces {
                let name = interface.name.as_str();
                if self.offers(page, name).is_empty() || !described.insert(name) {
                    continue;
                }
                rows.push((name, Some((interface.version, self.links.href(None, page, name)))));
            }
        }
        rows.extend(offered.into_iter().filter(|name| !described.contains(name)).map(|name| (name, None)));
        let rows = rows.into_iter().map(|(name, about)| {
            let versions: Vec<_> = self.support.iter().map(|one| one.version(name)).collect();
            let (version, href) = about.unzip();
            context! { name, version, href, versions }
        });
        context! {
            site => &self.title,
            title => "Support",
            compositors => self.support.iter().map(|one| Value::from(one.compositor())).collect::<Vec<_>>(),
            rows => rows.collect::<Vec<_>>(),
        }
    }
}
