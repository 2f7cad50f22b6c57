//! What is refused: values that are shared or not in one piece, hostile files, and every change that was not meant.

use super::*;

#[test]
fn shared_values_are_pinned_only_where_all_of_them_are_references() {
    becomes(
        Kind::Kubernetes,
        "a:\n  image: &i ghcr.io/acme/shop:1\nb:\n  image: *i\n",
        "a:\n  image: &i ghcr.io/acme/shop:<tag>@<digest>\nb:\n  image: *i\n",
    );
    refused(
        Kind::Kubernetes,
        "a:\n  image: &i ghcr.io/acme/shop:1\nb:\n  label: *i\n",
        "shared by an anchor",
    );
    refused(
        Kind::Helm,
        "a: {repository: ghcr.io/acme/shop, tag: &t v1}\nb: {repository: quay.io/x, tag: *t}\n",
        "shared by an anchor",
    );
    refused(
        Kind::Helm,
        "a: &a {repository: ghcr.io/acme/shop, tag: v1}\nb: {<<: *a, repository: quay.io/x}\n",
        "shared by an anchor",
    );
}

#[test]
fn what_is_not_written_in_one_piece_is_refused() {
    refused(Kind::Kubernetes, "image: >-\n  ghcr.io/acme/shop:1\n", "block of text");
    refused(Kind::Kubernetes, "image: \"ghcr.io\\/acme/shop:1\"\n", "escapes");
    refused(Kind::Kubernetes, "image: ghcr.io/acme/shop\nimage: ghcr.io/acme/shop\n", "changed safely");
    refused(Kind::Kubernetes, "image: [\n", "no YAML");
    refused(Kind::Kubernetes, &format!("a: {}", "[".repeat(100_000)), "no YAML");
    refused(Kind::Kubernetes, &format!("{}a", "- ".repeat(120)), "levels inside one another");
}

#[test]
fn the_proof_refuses_every_other_change() {
    let wanted = wanted();
    for (kind, text, others) in [
        (
            Kind::Kubernetes,
            "x: 1 # c\nimage: ghcr.io/acme/shop:1\nother: ghcr.io/acme/shop:1\n---\ny: [a]\n",
            &[
                ("x: 1", "x: 2"),
                ("y: [a]", "y: [a, b]"),
                ("other:", "others:"),
                ("---\n", ""),
                ("image: ", "image: !!str "),
            ][..],
        ),
        (
            Kind::Ini,
            "[a]\nx = ghcr.io/acme/shop:1\ny = 2\n",
            &[("y = 2", "y = 3"), ("[a]", "[b]"), ("y = 2\n", "y = 2\n z\n")],
        ),
        (
            Kind::Dockerfile,
            "FROM ghcr.io/acme/shop:1\nRUN a\n",
            &[("RUN a", "RUN b"), ("FROM", "FROM --platform=x"), ("RUN", "#")],
        ),
    ] {
        let reading = read("f", text, kind).unwrap();
        let edits = edits("f", &[(&reading.sites[0], &wanted)]).unwrap();
        let right = apply(text, &edits);
        assert!(proof::check("f", kind, text, &right, &edits).is_ok());
        assert!(proof::check("f", kind, text, text, &edits).is_err(), "nothing changed");
        for (old, new) in others {
            let wrong = right.replacen(old, new, 1);
            assert_ne!(wrong, right);
            assert!(proof::check("f", kind, text, &wrong, &edits).is_err(), "{wrong}");
        }
        let elsewhere = right.replacen("ghcr.io/acme/shop:1", &edits[0].new, 1);
        assert!(
            elsewhere == right || proof::check("f", kind, text, &elsewhere, &edits).is_err(),
            "{elsewhere}"
        );
    }
}

/// Names that stand for twice of what the one before stands for, and more: no file makes it slow.
#[test]
fn bombs_are_refused_at_once() {
    let mut merges = "a0: &a0 {x: 1}\n".to_owned();
    let mut lists = "a0: &a0 [x, x]\n".to_owned();
    for level in 1..90 {
        let before = level - 1;
        merges += &format!("a{level}: &a{level} {{<<: [*a{before}, *a{before}]}}\n");
        lists += &format!("a{level}: &a{level} [*a{before}, *a{before}]\n");
    }
    merges += "<<: [*a89, *a89]\n";
    let mut chain = "a0: &a0 {x: 1}\n".to_owned();
    (1..20_000).for_each(|level| chain += &format!("a{level}: &a{level} {{<<: *a{}}}\n", level - 1));
    chain += "<<: *a19999\n";
    for text in [merges, lists, chain] {
        assert_eq!(detect("x.yaml", &text), None);
        refused(Kind::Compose, &text, "changed safely");
    }
    refused(Kind::Compose, &"]\n".repeat(1_000_000), "no YAML");
    let many = "- image: ghcr.io/acme/shop:1\n".repeat(2_000);
    let reading = read("f", &many, Kind::Helm).unwrap();
    let wanted = wanted();
    let sites: Vec<_> = reading.sites.iter().map(|site| (site, &wanted)).collect();
    let edits = edits("f", &sites).unwrap();
    assert_eq!(patch::unified("f", &many, &edits).lines().count(), 4_003);
    assert!(proof::check("f", Kind::Helm, &many, &apply(&many, &edits), &edits).is_ok());
}
