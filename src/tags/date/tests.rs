//! Dates: rendered, read back, and what is no date.

#![allow(clippy::unwrap_used)]
use super::*;

/// 2026-07-05 14:23:49 UTC
const MOMENT: i64 = 1_783_261_429;

fn format(text: &str) -> Format {
    Format::new(text).unwrap()
}

#[test]
fn moments_are_rendered_in_utc_and_read_back() {
    for (text, expected, back) in [
        (DEFAULT, "20260705-142349", Some(MOMENT)),
        ("%Y.%-m", "2026.7", None),
        ("%F", "2026-07-05", Some(1_783_209_600)),
        ("%Y-%j", "2026-186", Some(1_783_209_600)),
        ("%s", "1783261429", Some(MOMENT)),
        ("%GW%V.%u", "2026W27.7", None),
        ("nightly-%y%m%d", "nightly-260705", None),
        ("%-H%-M", "1423", None),
    ] {
        assert_eq!(format(text).render(MOMENT).as_deref(), Some(expected), "{text}");
        assert_eq!(format(text).seconds(expected), back, "{text}");
        assert!(format(text).ends(expected).contains(&expected.len()), "{text}");
    }
    assert_eq!(format("%s").render(-1), None);
    assert_eq!(format("%Y").render(-70_000_000_000), None);
}

#[test]
fn what_is_no_date_of_the_format_is_none() {
    for (text, tag) in [
        (DEFAULT, "20260705-142360"),
        (DEFAULT, "20260230-000000"),
        (DEFAULT, "2026070-5142349"),
        ("%Y%m%d", "20261301"),
        ("%Y.%-m", "2026.07"),
        ("%Y-%j", "2026-366"),
        ("%s", "01"),
        ("%Y", "２０２６"),
    ] {
        assert!(!format(text).ends(tag).contains(&tag.len()), "{text} {tag}");
    }
}

#[test]
fn faults_of_formats_are_placed() {
    for (text, at, expected) in [
        ("%H:%M", 2, "':' cannot stand in a tag"),
        ("%Y%", 2, "\"%\" is no part"),
        ("%b", 0, "\"%b\" is no part"),
        ("x%z", 1, "\"%z\" is no part"),
        ("%T", 0, "\"%T\" is no part"),
        ("%-F", 0, "\"%-F\" is no part"),
        ("%-u", 0, "\"%-u\" is no part"),
        ("%Y-%-m.%Y", 7, "\"%Y\" stands in it twice"),
        ("%F-%d", 3, "\"%d\" stands in it twice"),
        ("", 0, "is no date"),
        ("now", 0, "is no date"),
    ] {
        let fault = Format::new(text).unwrap_err();
        assert!(fault.message.starts_with(expected), "{text}: {}", fault.message);
        assert_eq!(fault.offset, at, "{text}");
    }
}

#[test]
fn seconds_are_told() {
    for (text, expected) in [
        (DEFAULT, true),
        ("%s", true),
        ("%F", false),
        ("%H%M%S", false),
        ("%Y%j%H%M%S", true),
        ("%F-%H%M", false),
    ] {
        assert_eq!(format(text).has_seconds(), expected, "{text}");
    }
}
