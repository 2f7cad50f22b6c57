//! Dates read back: the ways to read a text by a format, and the moment that it tells.

use jiff::civil::Date as Day;
use jiff::tz::TimeZone;

use super::{Item, MOST_SECONDS_DIGITS};

/// Whether a date of these items could begin with all of a text, by its digits alone.
pub(super) fn begins(items: &[Item], text: &str) -> bool {
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

/// A number that was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    letter: char,
    value: i64,
}

/// Every way to read the beginning of a text by the items.
pub(super) fn descend(
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

pub(super) fn tells_day(fields: &[Field]) -> bool {
    let has = |letter| value(fields, letter).is_some();
    has('s') || has('Y') && (has('m') && has('d') || has('j'))
}

/// The moment that the fields tell, if they tell the day.
pub(super) fn moment(fields: &[Field]) -> Option<i64> {
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
