//! Files put together at random from what makes YAML hard.

use super::*;

/// Each is refused, or differs in the wanted values alone.
#[test]
fn whatever_a_file_holds_it_is_right_or_refused() {
    let values = [
        "ghcr.io/acme/shop:1",
        "'ghcr.io/acme/shop'",
        "\"ghcr.io/acme/shop:x@sha256:00\"",
        "ghcr.io/acme/shop # c",
        "&a ghcr.io/acme/shop:1",
        "*a",
        "*b",
        "&b {repository: ghcr.io/acme/shop, tag: 1}",
        ">-\n    ghcr.io/acme/shop:1",
        "|\n    image: ghcr.io/acme/shop:1",
        "!!str ghcr.io/acme/shop",
        "debian",
        "1.20",
        "~",
        "",
        "[ghcr.io/acme/shop, 1]",
        "{image: ghcr.io/acme/shop:2 , repository: x}",
        "\"ghcr.io\\x2facme/shop\"",
        "{<<: *b, tag: 2}",
        "\"\u{1b}[31m\"",
        "ghcr.io/acme/shop:1\u{a0}",
        "ghcr.io/acme/\n    shop",
        "ä",
        "''",
        "{ \"image\": 'ghcr.io/acme/shop:1', \"tag\":x }",
    ];
    let keys = [
        "image",
        "repository",
        "tag",
        "digest",
        "registry",
        "<<",
        "x",
        "'image'",
        "? image\n ",
        "services",
        "images",
    ];
    let ends = ["\n", "\r\n", "  # c\n", "\t\n", "\n---\n", "\n\n", "\n...\n"];
    let mut state = 11_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let (mut right, mut changed) = (0, 0);
    for round in 0..6_000 {
        let mut text = ["", "\u{feff}", "%YAML 1.2\n---\n"]
            [next(3).saturating_sub(usize::from(round % 3 > 0))]
        .to_owned();
        for _ in 0..next(7) + 1 {
            let indent = ["", "", "", "  ", "- ", "  - "][next(6)];
            text += &format!(
                "{indent}{}: {}{}",
                keys[next(keys.len())],
                values[next(values.len())],
                ends[next(ends.len()).saturating_sub(3)]
            );
        }
        let kind = [Kind::Helm, Kind::Kubernetes, Kind::Compose, Kind::Kustomize][next(4)];
        if let Ok(after) = pinned(kind, &text) {
            right += 1;
            changed += usize::from(after != text);
            assert!(one_word_a_line(&text, &after), "{text}\n-----\n{after}");
        }
    }
    assert!(right > 600 && changed > 80, "{right} read, {changed} changed");
}

/// Whether lines that differ do so in one run of the characters that a pin is made of.
fn one_word_a_line(before: &str, after: &str) -> bool {
    let (before, after): (Vec<_>, Vec<_>) = (before.split('\n').collect(), after.split('\n').collect());
    let word = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || ":@/. \"~\u{a0}".contains(c));
    before.len() == after.len()
        && before.iter().zip(&after).all(|(before, after)| {
            let start = before.bytes().zip(after.bytes()).take_while(|(a, b)| a == b).count();
            let (old, new) = (&before.as_bytes()[start..], &after.as_bytes()[start..]);
            let end = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
            let middle = |text: &[u8]| String::from_utf8_lossy(&text[..text.len() - end]).into_owned();
            word(&middle(old)) && word(&middle(new))
        })
}
