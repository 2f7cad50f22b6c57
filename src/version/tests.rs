//! What is a version, what its parts are, and the order of the two specifications.

#![allow(clippy::panic)]

use super::*;

fn version(text: &str) -> Version {
    Version::parse(text).unwrap_or_else(|| panic!("{text} is no version"))
}

#[test]
fn versions_are_read_in_every_form() {
    for (text, parts) in [
        ("1.2.3", "1.2.3 = 1 2 3 -"),
        ("v1.2.3", "1.2.3 = 1 2 3 -"),
        ("v1.2", "1.2 = 1 2 - -"),
        ("7", "7 = 7 - - -"),
        ("1.2.3-rc.1+build.5", "1.2.3-rc.1+build.5 = 1 2 3 rc.1"),
        ("1.2.3+001", "1.2.3+001 = 1 2 3 -"),
        ("1.2-beta", "1.2-beta = 1 2 - beta"),
        ("2024.04.1", "2024.04.1 = 2024 04 1 -"),
        ("1.2rc1", "1.2rc1 = 1 2 - rc1"),
        ("1.2.0a1", "1.2.0a1 = 1 2 0 a1"),
        ("1.2.dev3", "1.2.dev3 = 1 2 - dev3"),
        ("1.2a1.dev3", "1.2a1.dev3 = 1 2 - a1.dev3"),
        ("1.2.post1", "1.2.post1 = 1 2 - -"),
        ("1.2.3.4", "1.2.3.4 = 1 2 3 -"),
        ("99999999999999999999999.0", "99999999999999999999999.0 = 99999999999999999999999 0 - -"),
    ] {
        let version = version(text);
        let shown = |part: Option<&str>| part.unwrap_or("-").to_owned();
        let seen = format!(
            "{} = {} {} {} {}",
            version.text(),
            version.major(),
            shown(version.minor()),
            shown(version.patch()),
            shown(version.pre())
        );
        assert_eq!(seen, parts, "{text}");
    }
}

#[test]
fn what_is_no_version_is_none() {
    for text in [
        "",
        "v",
        "latest",
        "1.",
        "1..2",
        ".1",
        "1.2.x",
        "1.2.3-",
        "1.2.3-a..b",
        "1.2.3-01",
        "1.2.3+",
        "1.2.3+a_b",
        "vv1",
        "1!2.0",
        "1.2 ",
        "1.2foo",
        "1.2rc1x",
        "abc1234",
        "1.2.3-ä",
    ] {
        assert!(Version::parse(text).is_none(), "{text}");
    }
}

#[test]
fn the_order_is_that_of_semver_11() {
    let order = [
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
        "1.0.1",
        "1.2.0",
        "1.10.0",
        "2.0.0",
    ];
    held(&order);
}

#[test]
fn the_order_is_that_of_pep_440() {
    // The example of PEP 440, "Summary of permitted suffixes and relative ordering".
    held(&[
        "1.dev0",
        "1.0.dev456",
        "1.0a1",
        "1.0a2.dev456",
        "1.0a12.dev456",
        "1.0a12",
        "1.0b1.dev456",
        "1.0b2",
        "1.0b2.post345.dev456",
        "1.0b2.post345",
        "1.0rc1.dev456",
        "1.0rc1",
        "1.0",
        "1.0.post456.dev34",
        "1.0.post456",
        "1.0.15",
        "1.1.dev1",
    ]);
}

fn held(order: &[&str]) {
    for pair in order.windows(2) {
        assert!(version(pair[0]) < version(pair[1]), "{} < {}", pair[0], pair[1]);
        assert!(version(pair[1]) > version(pair[0]), "{} > {}", pair[1], pair[0]);
    }
}

#[test]
fn what_does_not_order_is_equal() {
    for (left, right) in [
        ("1.2", "v1.2.0"),
        ("1.2.3+a", "1.2.3+b"),
        ("1.0rc1", "1.0c1"),
        ("1.0alpha", "1.0a0"),
        ("2024.04", "2024.4"),
    ] {
        assert_eq!(version(left), version(right));
    }
}

#[test]
fn prereleases_and_zero_majors_are_told() {
    for (text, expected) in [
        ("1.2.3", [false, false]),
        ("1.2.3-rc.1", [true, false]),
        ("1.2.dev1", [true, false]),
        ("1.2.post1", [false, false]),
        ("0.3.1", [false, true]),
        ("0.1.0rc1", [true, true]),
        ("2026.11.3", [false, false]),
        ("24.04", [false, false]),
        ("2126.1", [false, false]),
        ("202.1", [false, false]),
    ] {
        let version = version(text);
        assert_eq!([version.is_prerelease(), version.is_zero_major()], expected, "{text}");
    }
}
