//! What a finding says besides its first line, without the lines it is about: for builds without the feature `snippets`.

use super::{Remark, Style};
use crate::rule::Severity;
use crate::source::Source;

/// What stands below the first line of a finding.
pub(super) fn explain(found: &Remark, source: &Source, _: Severity, _: Style) -> String {
    let here = found.label.iter().map(|label| format!("  = note: {label}"));
    let related = found.related.iter().map(|(span, label)| {
        let line = source.position(span.start).line;
        format!("  = note: line {line}: {label}")
    });
    let help = found.help.iter().map(|help| format!("  = help: {help}"));
    here.chain(related).chain(help).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use crate::Builder;
    use crate::source::Source;

    #[test]
    fn a_finding_without_snippets_still_says_where_what_and_how() {
        let text = r#"<protocol name="p"><interface name="i" version="1"><request name="a"/>
<request name="a"/></interface></protocol>"#;
        let report = Builder::new().source(Source::new("twice.xml", text.into())).check().to_string();
        insta::assert_snapshot!(report, @r"
        twice.xml:2:16: error: there are two of the request `a` [duplicate-message]
          = note: used again here
          = note: line 1: first used here
          = help: rename one of them
        ");
    }
}
