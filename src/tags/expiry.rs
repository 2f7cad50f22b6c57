//! Tags that say themselves how long they are good for: a suffix `-<n>hours`, `-<n>days`, `-<n>weeks` or `-<n>months`.
//!
//! The words are those of ElementAI's registry, with weeks and the singular besides. Pure: a tag and a time in, a time
//! out. It must not know when a tag was pushed, nor what becomes of it.

use std::fmt;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::error::{Error, Result};

/// What a tag's suffix counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Of 60 minutes.
    Hours,
    /// Of 24 hours.
    Days,
    /// Of 7 days.
    Weeks,
    /// Of the calendar, in UTC: a month after January 31 is February's last day.
    Months,
}

impl Unit {
    const ALL: [(Unit, &'static str); 4] =
        [(Unit::Hours, "hour"), (Unit::Days, "day"), (Unit::Weeks, "week"), (Unit::Months, "month")];

    fn named(word: &str) -> Option<Unit> {
        let singular = word.strip_suffix('s').unwrap_or(word);
        Unit::ALL.iter().find(|(_, name)| *name == singular).map(|(unit, _)| *unit)
    }

    fn name(self) -> &'static str {
        Unit::ALL.iter().find(|(unit, _)| *unit == self).map_or("", |(_, name)| name)
    }
}

/// How long a tag is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiry {
    /// At least 1.
    pub count: u32,
    /// Of what.
    pub unit: Unit,
}

/// As it stands in a tag, without the dash: `3days`, `1month`.
impl fmt::Display for Expiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.count == 1 { "" } else { "s" };
        write!(f, "{}{}{plural}", self.count, self.unit.name())
    }
}

impl Expiry {
    /// What a tag's suffix says; `None` where it has none, so that it is good for ever. No time at all (`-0days`) and
    /// numbers that begin with 0 are no suffix: in doubt a tag stays.
    pub fn of(tag: &str) -> Option<Expiry> {
        tag.rsplit_once('-').filter(|(before, _)| !before.is_empty()).and_then(|(_, word)| Expiry::word(word))
    }

    /// One alone, as a limit is written: `90days`.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Expiry> {
        Expiry::word(text).ok_or_else(|| {
            Error::invalid(format!("{text:?} is no time that a tag can say"))
                .hint("write a number and hours, days, weeks or months: \"90days\"")
        })
    }

    fn word(word: &str) -> Option<Expiry> {
        let (digits, unit) = word.split_at(word.find(|c: char| !c.is_ascii_digit())?);
        let unit = Unit::named(unit)?;
        if digits.is_empty() || digits.starts_with('0') {
            return None;
        }
        // More than that is for ever, as far as any calendar goes.
        Some(Expiry { count: digits.parse().unwrap_or(u32::MAX), unit })
    }

    /// When it is over, in seconds since the epoch, of something made at `created`. `None` where no calendar goes so
    /// far: that is never over.
    pub fn after(self, created: i64) -> Option<i64> {
        let count = i64::from(self.count);
        let hours = match self.unit {
            Unit::Hours => count,
            Unit::Days => count.checked_mul(24)?,
            Unit::Weeks => count.checked_mul(7 * 24)?,
            Unit::Months => {
                let made = Timestamp::from_second(created).ok()?.to_zoned(TimeZone::UTC);
                let over = made.checked_add(Span::new().try_months(count).ok()?).ok()?;
                return Some(over.timestamp().as_second());
            }
        };
        let over = created.checked_add(hours.checked_mul(60 * 60)?)?;
        Timestamp::from_second(over).ok().map(Timestamp::as_second)
    }
}

/// The longest times that tags may say, as ElementAI's registry has them: at most 90 days, 3 months.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits(pub Vec<Expiry>);

impl Limits {
    /// When a tag's time is over, as [`Expiry::after`]. More than a limit counts as the limit: that of the tag's own unit,
    /// and where that has none, the earliest of all, so that no other word is a way around them.
    pub fn after(&self, expiry: Expiry, created: i64) -> Option<i64> {
        let own = |limit: &&Expiry| limit.unit == expiry.unit;
        let limit = if self.0.iter().any(|limit| own(&limit)) {
            self.0.iter().filter(own).filter_map(|limit| limit.after(created)).min()
        } else {
            self.0.iter().filter_map(|limit| limit.after(created)).min()
        };
        match (expiry.after(created), limit) {
            (Some(over), Some(limit)) => Some(over.min(limit)),
            (over, limit) => over.or(limit),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn shown(tag: &str) -> Option<String> {
        Expiry::of(tag).map(|expiry| expiry.to_string())
    }

    fn time(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_second()
    }

    fn over(word: &str, created: &str) -> String {
        let over = Expiry::parse(word).unwrap().after(time(created)).unwrap();
        Timestamp::from_second(over).unwrap().to_string()
    }

    #[test]
    fn a_suffix_is_a_number_and_a_unit_singular_or_plural() {
        assert_eq!(shown("abc1234-3days").as_deref(), Some("3days"));
        assert_eq!(shown("pr-7-1day").as_deref(), Some("1day"));
        assert_eq!(shown("a-1days").as_deref(), Some("1day"));
        assert_eq!(shown("a-12hours").as_deref(), Some("12hours"));
        assert_eq!(shown("a-2weeks").as_deref(), Some("2weeks"));
        assert_eq!(shown("a-3month").as_deref(), Some("3months"));
    }

    #[test]
    fn what_is_no_suffix_lasts() {
        let none = [
            "latest",
            "1.2.3",
            "3days",
            "-3days",
            "a-days",
            "a-0days",
            "a-03days",
            "a-3Days",
            "a-3dayss",
            "a-3days.1",
            "a-3d",
            "a-3minutes",
            "a_3days",
            "a-3 days",
            "a-３days",
            "a-3days-b",
            "",
        ];
        for tag in none {
            assert_eq!(shown(tag), None, "{tag}");
        }
    }

    #[test]
    fn hours_are_hours_and_months_are_the_calendars() {
        assert_eq!(over("36hours", "2024-02-28T12:00:00Z"), "2024-03-01T00:00:00Z");
        assert_eq!(over("2weeks", "2024-01-01T00:00:00Z"), "2024-01-15T00:00:00Z");
        assert_eq!(over("1month", "2024-01-31T10:00:00Z"), "2024-02-29T10:00:00Z");
        assert_eq!(over("3months", "2023-11-30T10:00:00Z"), "2024-02-29T10:00:00Z");
    }

    #[test]
    fn more_than_a_calendar_holds_is_never_over() {
        for word in ["99999999999999999999days", "4294967295hours", "4294967295months", "4294967295weeks"] {
            let after = Expiry::parse(word).unwrap().after(time("2024-01-01T00:00:00Z"));
            assert!(after.is_none_or(|over| over > time("9000-01-01T00:00:00Z")), "{word}: {after:?}");
        }
    }

    #[test]
    fn over_a_limit_the_limit_holds() {
        let limits = Limits(vec![Expiry::parse("90days").unwrap(), Expiry::parse("3months").unwrap()]);
        let created = "2024-01-01T00:00:00Z";
        let after = |word: &str| {
            let over = limits.after(Expiry::parse(word).unwrap(), time(created)).unwrap();
            Timestamp::from_second(over).unwrap().to_string()
        };
        assert_eq!(after("30days"), "2024-01-31T00:00:00Z");
        assert_eq!(after("100days"), "2024-03-31T00:00:00Z", "at most 90 days");
        assert_eq!(after("4months"), "2024-04-01T00:00:00Z", "at most 3 months");
        assert_eq!(after("99999999999months"), "2024-04-01T00:00:00Z");
        assert_eq!(after("52weeks"), "2024-03-31T00:00:00Z", "another unit is no way around");
        assert_eq!(after("2weeks"), "2024-01-15T00:00:00Z");
        assert_eq!(
            Limits::default().after(Expiry::parse("4months").unwrap(), time(created)).unwrap(),
            time("2024-05-01T00:00:00Z")
        );
    }
}
