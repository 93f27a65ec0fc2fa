//! All findings of one run.

use super::edits::{self, Fixed};
use super::finding::Finding;
use super::rule::Id;
use crate::diagnose::Style;
use crate::rule::Severity;
use crate::source::{Position, Source};

/// All findings of one run, in the order of the files and of the places in them.
#[derive(Debug)]
pub struct Report {
    sources: Vec<Source>,
    findings: Vec<Finding>,
    allowed: usize,
    is_complete: bool,
}

impl Report {
    pub(super) fn new(sources: Vec<Source>, mut findings: Vec<Finding>, allowed: usize, is_complete: bool) -> Self {
        findings.sort_by(|a, b| {
            let order = |found: &Finding| (found.remark.file, found.remark.span, found.severity(), found.id());
            order(a).cmp(&order(b)).then_with(|| a.message().cmp(b.message()))
        });
        Self { sources, findings, allowed, is_complete }
    }

    /// How many files were read.
    pub fn files(&self) -> usize {
        self.sources.len()
    }

    /// The findings, in order.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many more there are, which comments in the files allow.
    pub fn allowed(&self) -> usize {
        self.allowed
    }

    /// Whether all files could be read. What stands in one that could not is unknown.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// How many findings are of this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|found| found.severity() == severity).count()
    }

    /// The file of a finding, as it was named.
    pub fn file(&self, finding: &Finding) -> &str {
        self.sources[finding.remark.file].name()
    }

    /// The place of a finding.
    pub fn position(&self, finding: &Finding) -> Position {
        self.sources[finding.remark.file].position(finding.remark.span.start)
    }

    /// Another place in the same file that explains the finding.
    pub fn related<'f>(&self, finding: &'f Finding) -> Option<(Position, &'f str)> {
        finding
            .remark
            .related
            .as_ref()
            .map(|(span, label)| (self.sources[finding.remark.file].position(span.start), label.as_str()))
    }

    /// Every finding that is at least this serious, with the text it is about and what to do.
    pub fn render(&self, style: Style, least: Severity) -> String {
        let shown = self.findings.iter().filter(|found| found.severity() <= least);
        let render = |found: &Finding| {
            let source = &self.sources[found.remark.file];
            let mut text = found.remark.render(source, found.severity(), found.id().name(), style);
            if let Id::Lint(rule) = found.id() {
                text += &format!("  = why: {}\n", rule.why());
            }
            text + "\n"
        };
        shown.map(render).collect()
    }

    /// The files in which something can be mended mechanically, with that mended. Files with entities of their own are left
    /// alone, because one text may stand in many places there.
    pub fn fixed(&self) -> Vec<Fixed> {
        let mut fixed = Vec::new();
        let mut rest = self.findings.as_slice();
        for (file, source) in self.sources.iter().enumerate() {
            let end = rest.partition_point(|found| found.remark.file <= file);
            let (own, others) = rest.split_at(end);
            rest = others;
            if source.text().contains("<!ENTITY") {
                continue;
            }
            let groups = own.iter().map(|found| found.edits.as_slice()).filter(|edits| !edits.is_empty());
            let (text, count) = edits::apply(source.text(), groups);
            if count > 0 {
                fixed.push(Fixed { name: source.name().to_owned(), text, count });
            }
        }
        fixed
    }
}
