//! Date formats of templates: strftime's numbers, rendered in UTC and read back.
//!
//! Pure: seconds in, text out, and the other way. Only what is digits is taken, so that a tag's date can be told from a
//! name and read back exactly: names of months and days, time zones and fractions are refused where the format stands.

use jiff::Timestamp;
use jiff::civil::Date as Day;
use jiff::tz::TimeZone;

use super::placeholders::Fault;

#[cfg(test)]
mod tests;

/// The format where a template names none: it sorts as time does.
pub(super) const DEFAULT: &str = "%Y%m%d-%H%M%S";

/// Every specifier: its letter, its digits, and the least and the greatest value. `s` has no fixed length.
const SPECIFIERS: &[Specifier] = &[
    Specifier::new('Y', 4, 0, 9999),
    Specifier::new('m', 2, 1, 12),
    Specifier::new('d', 2, 1, 31),
    Specifier::new('H', 2, 0, 23),
    Specifier::new('M', 2, 0, 59),
    Specifier::new('S', 2, 0, 59),
    Specifier::new('j', 3, 1, 366),
    Specifier::new('y', 2, 0, 99),
    Specifier::new('G', 4, 0, 9999),
    Specifier::new('V', 2, 1, 53),
    Specifier::new('U', 2, 0, 53),
    Specifier::new('W', 2, 0, 53),
    Specifier::new('u', 1, 1, 7),
    Specifier::new('w', 1, 0, 6),
    Specifier::new('s', 0, 0, 253_402_300_799),
];
/// Seconds of 9999-12-31 have 12 digits.
const MOST_SECONDS_DIGITS: usize = 12;

#[derive(Debug, PartialEq, Eq)]
struct Specifier {
    letter: char,
    digits: usize,
    least: i64,
    greatest: i64,
}

impl Specifier {
    const fn new(letter: char, digits: usize, least: i64, greatest: i64) -> Specifier {
        Specifier { letter, digits, least, greatest }
    }
}

/// A checked format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Format {
    /// What jiff formats by.
    text: String,
    items: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Literal(char),
    Field {
        specifier: &'static Specifier,
        /// `%-m`: without zeros in front.
        bare: bool,
    },
}

impl Format {
    /// Checks a format; a fault's place is counted from the format's beginning.
    pub(super) fn new(format: &str) -> Result<Format, Fault> {
        let mut items = Vec::new();
        let mut text = String::new();
        let mut characters = format.chars().enumerate();
        while let Some((at, c)) = characters.next() {
            if c != '%' {
                if !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')) {
                    return Err(Fault::new(format!("{c:?} cannot stand in a tag"), at));
                }
                items.push(Item::Literal(c));
                text.push(c);
                continue;
            }
            let next = characters.next().map(|(_, c)| c);
            let (bare, letter) = match next {
                Some('-') => (true, characters.next().map(|(_, c)| c)),
                letter => (false, letter),
            };
            text.push_str(match (bare, letter) {
                (false, Some('F')) => "%Y-%m-%d",
                _ => "",
            });
            if !bare && letter == Some('F') {
                items.extend(Format::new("%Y-%m-%d")?.items);
                continue;
            }
            let specifier = SPECIFIERS.iter().find(|s| Some(s.letter) == letter && (!bare || s.digits > 1));
            let Some(specifier) = specifier else { return Err(Fault::new(unknown(bare, letter), at)) };
            items.push(Item::Field { specifier, bare });
            text.push('%');
            text.extend(bare.then_some('-'));
            text.push(specifier.letter);
        }
        match items.iter().any(|item| matches!(item, Item::Field { .. })) {
            true => Ok(Format { text, items }),
            false => Err(Fault::new("is no date: there is no `%…` in it", 0)),
        }
    }

    /// The character that it begins with, if that is no digit of a date.
    pub(super) fn begins_with(&self) -> Option<char> {
        match self.items.first() {
            Some(Item::Literal(c)) => Some(*c),
            _ => None,
        }
    }

    /// Whether two moments of one day have different texts: down to the second.
    pub(super) fn has_seconds(&self) -> bool {
        let has = |letter| self.letters().any(|l| l == letter);
        let day = (has('Y') || has('y')) && (has('m') && has('d') || has('j'))
            || has('G') && has('V') && (has('u') || has('w'));
        has('s') || day && has('H') && has('M') && has('S')
    }

    /// The text of a moment, in UTC. `None` before the year 0 and after 9999, and for seconds before 1970.
    pub(super) fn render(&self, seconds: i64) -> Option<String> {
        let time = Timestamp::from_second(seconds).ok()?.to_zoned(TimeZone::UTC);
        let in_range =
            (0..=9999).contains(&time.year()) && (seconds >= 0 || !self.letters().any(|l| l == 's'));
        if !in_range {
            return None;
        }
        jiff::fmt::strtime::format(&self.text, &time).ok()
    }

    /// The fewest characters of a text.
    pub(super) fn shortest(&self) -> usize {
        let of = |item: &Item| match item {
            Item::Literal(_) | Item::Field { bare: true, .. } => 1,
            Item::Field { specifier, .. } => specifier.digits.max(1),
        };
        self.items.iter().map(of).sum()
    }

    /// Whether a date could begin with all of a text.
    pub(super) fn could_begin(&self, text: &str) -> bool {
        begins(&self.items, text)
    }

    /// The lengths of the dates that a text begins with.
    pub(super) fn ends(&self, text: &str) -> Vec<usize> {
        let mut ends = Vec::new();
        let mut fields = Vec::new();
        descend(&self.items, text, 0, &mut fields, &mut |end, fields| {
            if let Some(date) = text.get(..end)
                && self.holds(date, fields)
            {
                ends.push(end);
            }
        });
        ends.dedup();
        ends
    }

    /// The moment of a text in seconds, as far as the format tells the day: a missing time of day is midnight.
    pub(super) fn seconds(&self, text: &str) -> Option<i64> {
        let mut found = None;
        descend(&self.items, text, 0, &mut Vec::new(), &mut |end, fields| {
            if end == text.len() && found.is_none() {
                found = moment(fields).filter(|seconds| self.render(*seconds).as_deref() == Some(text));
            }
        });
        found
    }

    /// A regular expression of its texts (RE2's syntax).
    pub(super) fn regex(&self) -> String {
        let of = |item: &Item| match item {
            Item::Literal('.') => r"\.".to_owned(),
            Item::Literal(c) => c.to_string(),
            Item::Field { specifier: Specifier { digits: 0, .. }, .. } => "[0-9]+".to_owned(),
            Item::Field { specifier, bare: true } => format!("[0-9]{{1,{}}}", specifier.digits),
            Item::Field { specifier, bare: false } => format!("[0-9]{{{}}}", specifier.digits),
        };
        self.items.iter().map(of).collect()
    }

    fn letters(&self) -> impl Iterator<Item = char> {
        self.items.iter().filter_map(|item| match item {
            Item::Field { specifier, .. } => Some(specifier.letter),
            Item::Literal(_) => None,
        })
    }

    /// Whether the fields can be of one day. Where they tell it, the format must give the same text again.
    fn holds(&self, text: &str, fields: &[Field]) -> bool {
        match moment(fields) {
            Some(seconds) => self.render(seconds).as_deref() == Some(text),
            // A day that no calendar has is not held by the ranges of its fields alone.
            None => !tells_day(fields),
        }
    }
}

/// Whether a date of these items could begin with all of a text, by its digits alone.
fn begins(items: &[Item], text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    let Some((item, rest)) = items.split_first() else { return false };
    match item {
        Item::Literal(c) => text.strip_prefix(*c).is_some_and(|text| begins(rest, text)),
        Item::Field { specifier, bare } => {
            let digits = text.bytes().take_while(u8::is_ascii_digit).count();
            let most = if specifier.digits == 0 { MOST_SECONDS_DIGITS } else { specifier.digits };
            let least = if *bare || specifier.digits == 0 { 1 } else { specifier.digits };
            digits == text.len() && digits <= most
                || (least..=most.min(digits))
                    .any(|end| text.get(end..).is_some_and(|text| begins(rest, text)))
        }
    }
}

fn unknown(bare: bool, letter: Option<char>) -> String {
    let known: Vec<String> = SPECIFIERS.iter().map(|s| format!("%{}", s.letter)).collect();
    let seen = format!("%{}{}", if bare { "-" } else { "" }, letter.map(String::from).unwrap_or_default());
    format!(
        "{seen:?} is no part of a date in a tag, known are {} and %F; `%-m` has no zero in front",
        known.join(" ")
    )
}

/// A number that was read.
#[derive(Debug, Clone, Copy)]
struct Field {
    letter: char,
    value: i64,
}

/// Every way to read the beginning of a text by the items.
fn descend(
    items: &[Item],
    text: &str,
    at: usize,
    fields: &mut Vec<Field>,
    found: &mut dyn FnMut(usize, &[Field]),
) {
    let Some((item, rest)) = items.split_first() else { return found(at, fields) };
    let Some(ahead) = text.get(at..) else { return };
    match item {
        Item::Literal(c) => {
            if ahead.starts_with(*c) {
                descend(rest, text, at + c.len_utf8(), fields, found);
            }
        }
        Item::Field { specifier, bare } => {
            let lengths = match (specifier.digits, bare) {
                (0, _) => 1..=MOST_SECONDS_DIGITS,
                (digits, true) => 1..=digits,
                (digits, false) => digits..=digits,
            };
            for length in lengths {
                let Some(number) = ahead.get(..length) else { return };
                let padded = specifier.digits > 0 && !bare;
                let sound = number.bytes().all(|byte| byte.is_ascii_digit())
                    && (padded || length == 1 || !number.starts_with('0'));
                let Some(value) = number.parse().ok().filter(|_| sound) else { continue };
                if (specifier.least..=specifier.greatest).contains(&value) {
                    fields.push(Field { letter: specifier.letter, value });
                    descend(rest, text, at + length, fields, found);
                    fields.pop();
                }
            }
        }
    }
}

fn value(fields: &[Field], letter: char) -> Option<i64> {
    fields.iter().find(|field| field.letter == letter).map(|field| field.value)
}

fn tells_day(fields: &[Field]) -> bool {
    let has = |letter| value(fields, letter).is_some();
    has('s') || has('Y') && (has('m') && has('d') || has('j'))
}

/// The moment that the fields tell, if they tell the day.
fn moment(fields: &[Field]) -> Option<i64> {
    if let Some(seconds) = value(fields, 's') {
        return Some(seconds);
    }
    let small = |letter| value(fields, letter).and_then(|value| i8::try_from(value).ok());
    let year = i16::try_from(value(fields, 'Y')?).ok()?;
    let day = match (small('m'), small('d'), value(fields, 'j')) {
        (Some(month), Some(day), _) => Day::new(year, month, day).ok()?,
        (_, _, Some(of_year)) => {
            let first = Day::new(year, 1, 1).ok()?;
            first.checked_add(jiff::Span::new().days(of_year - 1)).ok().filter(|day| day.year() == year)?
        }
        _ => return None,
    };
    let of_day = |letter| small(letter).unwrap_or(0);
    let time = day.at(of_day('H'), of_day('M'), of_day('S'), 0);
    time.to_zoned(TimeZone::UTC).ok().map(|time| time.timestamp().as_second())
}
