//! Changes that are allowed, with a reason and for a time.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::diff::{Change, Rule};
use crate::source::MAX_INPUT;

use super::input::read_limited;
use crate::command::output::one_line;

/// One line of the file.
pub(super) struct Exemption {
    pub(super) until: Date,
    pub(super) reason: String,
    line: usize,
    rule: Rule,
    item: String,
}

impl Exemption {
    pub(super) fn has_expired(&self, today: Today) -> bool {
        self.until < today.0
    }
}

/// The lines of the file, in its order, and how to find them.
#[derive(Default)]
pub(super) struct Exemptions {
    file: String,
    list: Vec<Exemption>,
    by_item: BTreeMap<(Rule, String), usize>,
}

impl Exemptions {
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let file = one_line(&path.display().to_string());
        let text = std::fs::File::open(path)
            .and_then(read_limited)
            .map_err(|error| format!("error: {file} cannot be read: {error}\n"))?;
        if text.len() > MAX_INPUT {
            return Err(format!("error: {file} is longer than {} MiB\n", MAX_INPUT >> 20));
        }
        let text = String::from_utf8(text).map_err(|_| format!("error: {file} is not UTF-8\n"))?;
        let mut exemptions = Self { file, ..Self::default() };
        for (line, text) in (1..).zip(text.lines()) {
            let text = text.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let exemption =
                parse(line, text).map_err(|reason| format!("{}:{line}: error: {reason}\n", exemptions.file))?;
            let key = (exemption.rule, exemption.item.clone());
            if let Some(first) = exemptions.by_item.insert(key, exemptions.list.len()) {
                let first = exemptions.list[first].line;
                return Err(format!("{}:{line}: error: line {first} has the same rule and item\n", exemptions.file));
            }
            exemptions.list.push(exemption);
        }
        Ok(exemptions)
    }

    /// A mark for each line that no change has used yet.
    pub(super) fn unused(&self) -> Vec<bool> {
        vec![false; self.list.len()]
    }

    /// The line about a change: that of its item, or of the nearest one above.
    pub(super) fn find(&self, change: &Change, used: &mut [bool]) -> Option<&Exemption> {
        let mut item = change.item();
        loop {
            if let Some(&at) = self.by_item.get(&(change.rule(), item.to_owned())) {
                used[at] = true;
                return Some(&self.list[at]);
            }
            item = item.rsplit_once('.')?.0;
        }
    }

    /// What is wrong with the lines, by now.
    pub(super) fn warnings(&self, used: &[bool], today: Today) -> String {
        let mut text = String::new();
        for (exemption, used) in self.list.iter().zip(used) {
            let (line, item) = (exemption.line, &exemption.item);
            let about = match (used, exemption.has_expired(today)) {
                (false, _) => "matches no change; remove the line".to_owned(),
                (true, true) => format!("expired on {}; the change counts again", exemption.until),
                (true, false) => continue,
            };
            text +=
                &format!("{}:{line}: warning: the exemption of {item} from {} {about}\n", self.file, exemption.rule);
        }
        text
    }
}

const FORM: &str = "a line is `RULE ITEM until=YYYY-MM-DD REASON`";

fn parse(line: usize, text: &str) -> Result<Exemption, String> {
    let mut words = text.split_whitespace();
    let name = words.next().ok_or(FORM)?;
    let item = words.next().ok_or(FORM)?;
    let date = words.next().and_then(|word| word.strip_prefix("until=")).ok_or(FORM)?;
    let rule = Rule::ALL.iter().find(|rule| rule.name() == name);
    let rule =
        *rule.ok_or_else(|| format!("there is no rule `{}`; `wayline diff --help` lists them", one_line(name)))?;
    let until = Date::parse(date).ok_or_else(|| format!("`{}` is no date; {FORM}", one_line(date)))?;
    let reason = one_line(&words.collect::<Vec<_>>().join(" "));
    if reason.is_empty() {
        return Err(format!("the reason is missing; {FORM}"));
    }
    Ok(Exemption { until, reason, line, rule, item: one_line(item) })
}

/// A day: year, month, day of the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Date(i64, u8, u8);

impl Date {
    fn parse(text: &str) -> Option<Self> {
        let is_plain = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
        let parts: Vec<_> = text.split('-').filter(is_plain).collect();
        let [year, month, day] = parts.as_slice() else { return None };
        if text.len() != "YYYY-MM-DD".len() || (year.len(), month.len()) != (4, 2) {
            return None;
        }
        let date = Self(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
        let is_leap = date.0 % 4 == 0 && (date.0 % 100 != 0 || date.0 % 400 == 0);
        let days = match date.1 {
            2 => 28 + u8::from(is_leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (1..=days).contains(&date.2).then_some(date)
    }

    /// The day that is so many days behind 1970-01-01. Years are counted from March here, so that the leap day is last.
    fn from_days(days: i64) -> Self {
        let days = days + 719_468;
        let era = days.div_euclid(146_097);
        let of_era = days.rem_euclid(146_097);
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        let small = |number: i64| u8::try_from(number).expect("months and days are small");
        Self(year + era * 400 + carry, small(month), small(day))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0, self.1, self.2)
    }
}

/// The day on which the command runs, in UTC.
#[derive(Debug, Clone, Copy)]
pub(super) struct Today(Date);

impl Today {
    pub(super) fn now() -> Self {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Self(Date::from_days(i64::try_from(seconds / 86_400).unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_dates() {
        for (days, date) in
            [(0, "1970-01-01"), (58, "1970-02-28"), (59, "1970-03-01"), (11_016, "2000-02-29"), (20_605, "2026-06-01")]
        {
            assert_eq!(Date::from_days(days).to_string(), date);
            assert_eq!(Date::parse(date), Some(Date::from_days(days)));
        }
        for wrong in
            ["2026-6-1", "2026-02-29", "2026-13-01", "2026-00-10", "26-01-01", "2026-01-32", "2026-01", "+026-01-01"]
        {
            assert_eq!(Date::parse(wrong), None, "{wrong}");
        }
    }
}
