//! Files of every kind, pinned: what changes, what stays, what is refused.

mod random;
mod refused;

use super::*;

const OURS: &str = "ghcr.io/acme/shop";

fn digest() -> Digest {
    Digest::of(b"image")
}

fn wanted() -> Wanted {
    Wanted { tag: Tag::new("abc1234").unwrap(), digest: digest() }
}

/// The file with every reference to `OURS` pinned, or the first error.
fn pinned(kind: Kind, text: &str) -> Result<String, String> {
    let shown = |errors: Errors| format!("{} {}", errors.0[0], errors.0[0].hints().join(" "));
    let reading = read("f", text, kind).map_err(shown)?;
    let wanted = wanted();
    let ours = ImageName::parse_without_default(OURS).unwrap();
    let sites: Vec<_> =
        reading.sites.iter().filter(|site| site.name == ours).map(|site| (site, &wanted)).collect();
    let edits = edits("f", &sites).map_err(|error| shown(error.into()))?;
    let after = apply(text, &edits);
    proof::check("f", kind, text, &after, &edits).map_err(|error| shown(error.into()))?;
    let again = read("f", &after, kind).map_err(shown)?;
    for site in again.sites.iter().filter(|site| site.name == ours) {
        assert_eq!(judge(site, &wanted, None), None, "{after}");
    }
    Ok(after)
}

/// `<tag>` and `<digest>` stand for those of the pin.
#[track_caller]
fn becomes(kind: Kind, before: &str, after: &str) {
    let after = after.replace("<tag>", "abc1234").replace("<digest>", digest().as_str());
    assert_eq!(pinned(kind, before), Ok(after));
}

#[track_caller]
fn refused(kind: Kind, text: &str, why: &str) {
    match pinned(kind, text) {
        Err(error) => assert!(error.contains(why), "{error}"),
        Ok(after) => panic!("it is not refused: {after}"),
    }
}

#[test]
fn one_value_keeps_its_quotes_comments_and_line_ends() {
    let pin = "ghcr.io/acme/shop:<tag>@<digest>";
    for (before, after) in [("", ""), ("'", "'"), ("\"", "\"")] {
        for (mark, end) in [("", "\n"), ("\u{feff}", "\r\n"), ("", "")] {
            for old in ["", ":1", "@sha256:0000000000000000000000000000000000000000000000000000000000000000"]
            {
                becomes(
                    Kind::Kubernetes,
                    &format!("{mark}# ä{end}a: 1\n# x\nimage:   {before}{OURS}{old}{after}  # why{end}"),
                    &format!("{mark}# ä{end}a: 1\n# x\nimage:   {before}{pin}{after}  # why{end}"),
                );
            }
        }
    }
}

#[test]
fn manifests_are_read_in_every_document_and_others_stay() {
    becomes(
        Kind::Kubernetes,
        "kind: CronJob\nspec:\n\tx: 1\n".replace('\t', "  ").as_str(),
        "kind: CronJob\nspec:\n  x: 1\n",
    );
    becomes(
        Kind::Kubernetes,
        "apiVersion: v1\nspec:\n  containers:\n  - {name: a, image: ghcr.io/acme/shop:1, x: [1, 2]}\n  - image: ghcr.io/acme/shop-web:1\n  initContainers:\n  - image: docker.io/library/debian\n---\n# two\nspec: {containers: [{\"image\": \"ghcr.io/acme/shop\"}]}\n...\n",
        "apiVersion: v1\nspec:\n  containers:\n  - {name: a, image: ghcr.io/acme/shop:<tag>@<digest>, x: [1, 2]}\n  - image: ghcr.io/acme/shop-web:1\n  initContainers:\n  - image: docker.io/library/debian\n---\n# two\nspec: {containers: [{\"image\": \"ghcr.io/acme/shop:<tag>@<digest>\"}]}\n...\n",
    );
}

#[test]
fn parts_are_filled_where_they_stand() {
    let head = "web:\n  image:\n    repository: ghcr.io/acme/shop\n";
    for (before, after) in [
        ("    tag: 1.2\n", "    tag: <tag>@<digest>\n"),
        ("    tag: \"\" # none\n", "    tag: \"<tag>@<digest>\" # none\n"),
        ("    tag:\n", "    tag: <tag>@<digest>\n"),
        ("    tag:  # none\n", "    tag: <tag>@<digest>  # none\n"),
        ("    tag: ~\n", "    tag: <tag>@<digest>\n"),
        ("    tag: null\n", "    tag: <tag>@<digest>\n"),
        ("    tag: 'x'\n    digest: ''\n", "    tag: '<tag>'\n    digest: '<digest>'\n"),
        ("    digest:\n    tag: 1\n", "    digest: <digest>\n    tag: <tag>\n"),
        ("    digest: sha256:1\n", "    digest: <digest>\n"),
        ("    tag: old@sha256:12\n", "    tag: <tag>@<digest>\n"),
    ] {
        becomes(Kind::Helm, &format!("{head}{before}"), &format!("{head}{after}"));
    }
    becomes(
        Kind::Helm,
        "image: {registry: ghcr.io, repository: acme/shop, tag: v1}\nother: {registry: quay.io, repository: acme/shop, tag: v1}\n",
        "image: {registry: ghcr.io, repository: acme/shop, tag: <tag>@<digest>}\nother: {registry: quay.io, repository: acme/shop, tag: v1}\n",
    );
    refused(Kind::Helm, head, "there is no tag and no digest");
    // Somebody's git repository.
    becomes(Kind::Helm, "spec: {repository: ghcr.io/acme/shop}\n", "spec: {repository: ghcr.io/acme/shop}\n");
}

#[test]
fn a_tag_that_yaml_takes_for_a_number_is_quoted() {
    let text = "image:\n  repository: ghcr.io/acme/shop\n  tag: v1\n  digest: \"\"\n";
    let reading = read("f", text, Kind::Helm).unwrap();
    for (tag, plain) in
        [("1234567", false), ("12e4567", false), ("0b10011", false), ("yes", false), ("abc1234", true)]
    {
        let wanted = Wanted { tag: Tag::new(tag).unwrap(), digest: digest() };
        let after = apply(text, &edits("f", &[(&reading.sites[0], &wanted)]).unwrap());
        assert_eq!(after.contains(&format!("tag: \"{tag}\"\n")), !plain, "{after}");
        let value: yaml_serde::Value = yaml_serde::from_str(&after).unwrap();
        assert_eq!(value["image"]["tag"].as_str(), Some(tag));
    }
}

#[test]
fn kustomizations_are_matched_by_their_new_name() {
    becomes(
        Kind::Kustomize,
        "images:\n- name: shop\n  newName: ghcr.io/acme/shop\n  newTag: v1\n- name: ghcr.io/acme/shop\n  newTag: v1\n  digest: sha256:0\n- name: ghcr.io/acme/shop\n  newName: quay.io/x\n  newTag: v1\n- name: a\n  newName: ghcr.io/acme/shop:v1\n",
        "images:\n- name: shop\n  newName: ghcr.io/acme/shop\n  newTag: <tag>@<digest>\n- name: ghcr.io/acme/shop\n  newTag: <tag>\n  digest: <digest>\n- name: ghcr.io/acme/shop\n  newName: quay.io/x\n  newTag: v1\n- name: a\n  newName: ghcr.io/acme/shop:<tag>@<digest>\n",
    );
}

/// kustomize keeps the tag that was there before, and would put it behind the digest.
#[test]
fn a_new_name_without_a_tag_is_no_place_for_a_pin() {
    let alone = "images:\n- name: a\n  newName: ghcr.io/acme/shop\n";
    refused(Kind::Kustomize, alone, "there is no tag and no digest beside the repository");
    let with = |tag: &str| format!("{alone}  newTag: {tag}\n");
    becomes(Kind::Kustomize, &with("\"\""), &with("\"<tag>@<digest>\""));
}

#[test]
fn compose_pins_what_is_pulled_and_leaves_what_is_built() {
    let text = "x-app: &app\n  image: ghcr.io/acme/shop\nservices:\n  a:\n    <<: *app\n  b:\n    <<: [*app]\n  c:\n    image: ghcr.io/acme/shop\n    build: .\n  d:\n    image: ghcr.io/acme/shop:${TAG}\n";
    becomes(
        Kind::Compose,
        text,
        &text.replacen("  image: ghcr.io/acme/shop\n", "  image: ghcr.io/acme/shop:<tag>@<digest>\n", 1),
    );
    assert_eq!(read("f", text, Kind::Compose).unwrap().left.len(), 2);
    let built = "x-app: &app\n  image: ghcr.io/acme/shop\nservices:\n  a:\n    <<: *app\n  b:\n    <<: *app\n    build: .\n";
    refused(Kind::Compose, built, "shared by an anchor");
}

/// What libyaml and Go take, and the specification does not.
#[test]
fn brackets_may_close_at_the_indent_of_their_key() {
    let text =
        "services:\n  ä:\n    command: [\n      \"a\", # ]\n    ]\n    image: ghcr.io/acme/shop:1\nx: {\n}\n";
    let pin = format!("ghcr.io/acme/shop:abc1234@{}", digest());
    becomes(Kind::Compose, text, &text.replace("ghcr.io/acme/shop:1", &pin));
}

#[test]
fn templates_are_left_and_told() {
    let reading =
        read("f", "{{- if .Values.x }}\nimage: {{ .Values.image }}\n{{ end }}\n", Kind::Kubernetes).unwrap();
    assert_eq!((reading.sites.len(), reading.left.len()), (0, 1));
    let reading = read("f", "image: \"{{ .Values.image }}\"\n", Kind::Helm).unwrap();
    assert_eq!((reading.sites.len(), reading.left.len()), (0, 1));
}

#[test]
fn ini_files_are_changed_in_the_value_alone() {
    becomes(
        Kind::Renku,
        "# c\r\n[interactive]\r\ndefault_url = /lab\r\nIMAGE : ghcr.io/acme/shop:1  \r\n[x]\r\nimage = ghcr.io/acme/shop\r\n",
        "# c\r\n[interactive]\r\ndefault_url = /lab\r\nIMAGE : ghcr.io/acme/shop:<tag>@<digest>  \r\n[x]\r\nimage = ghcr.io/acme/shop\r\n",
    );
    becomes(
        Kind::Ini,
        "\u{feff}[jenkins]\nci_a: ghcr.io/acme/shop:20230615-060132-62a5e7acf\nci_b: ghcr.io/acme/other:1\n",
        "\u{feff}[jenkins]\nci_a: ghcr.io/acme/shop:<tag>@<digest>\nci_b: ghcr.io/acme/other:1\n",
    );
    refused(Kind::Ini, "[a]\nx: ghcr.io/acme/shop\n  more\n", "goes on in the next line");
    refused(Kind::Ini, "[a]\nx: ghcr.io/acme/shop\nX: ghcr.io/acme/shop\n", "stands twice");
}

#[test]
fn the_from_lines_of_dockerfiles_are_pinned() {
    becomes(
        Kind::Dockerfile,
        "\u{feff}# syntax=docker/dockerfile:1\r\nARG X=1\r\n from --platform=linux/amd64 ghcr.io/acme/shop:1 AS base\r\nRUN <<EOF\nFROM ghcr.io/acme/shop\nEOF\nFROM base\nFROM ghcr.io/acme/shop:$X\nFROM debian",
        "\u{feff}# syntax=docker/dockerfile:1\r\nARG X=1\r\n from --platform=linux/amd64 ghcr.io/acme/shop:<tag>@<digest> AS base\r\nRUN <<EOF\nFROM ghcr.io/acme/shop\nEOF\nFROM base\nFROM ghcr.io/acme/shop:$X\nFROM debian",
    );
    becomes(
        Kind::Dockerfile,
        "FROM ghcr.io/acme/shop \\\n  AS x\n",
        "FROM ghcr.io/acme/shop:<tag>@<digest> \\\n  AS x\n",
    );
    refused(Kind::Dockerfile, "FROM \\\n ghcr.io/acme/shop\n", "line of its FROM");
}

#[test]
fn kinds_are_told_by_name_and_content() {
    for (path, text, kind) in [
        (".renku/renku.ini", "", Some(Kind::Renku)),
        ("ci/jenkins/docker-images.ini", "", Some(Kind::Ini)),
        ("chart/values.yaml", "", Some(Kind::Helm)),
        ("chart/values-prod.yml", "", Some(Kind::Helm)),
        ("a/kustomization.yaml", "", Some(Kind::Kustomize)),
        ("a/Kustomization", "", Some(Kind::Kustomize)),
        (
            "a/x.yaml",
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n",
            Some(Kind::Kustomize),
        ),
        (
            "a/x.yaml",
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n",
            Some(Kind::Kubernetes),
        ),
        ("compose.prod.yaml", "", Some(Kind::Compose)),
        ("docker-compose.yml", "", Some(Kind::Compose)),
        ("stack.yml", "services: {}", Some(Kind::Compose)),
        ("x.yaml", "apiVersion: v1\nkind: Pod\n", Some(Kind::Kubernetes)),
        ("Dockerfile", "", Some(Kind::Dockerfile)),
        ("Dockerfile.gpu", "", Some(Kind::Dockerfile)),
        ("gpu.Dockerfile", "", Some(Kind::Dockerfile)),
        ("x.yaml", "a: 1", None),
        ("other.ini", "[a]\nb = c", None),
        ("README.md", "", None),
    ] {
        assert_eq!(detect(path, text), kind, "{path}");
    }
}

#[test]
fn a_diff_shows_the_changed_lines_alone() {
    let text = "a\nb\nc\nd\nimage: ghcr.io/acme/shop:1\ne\nf\ng\nh";
    let reading = read("f", "a: 1\nimage: ghcr.io/acme/shop:1", Kind::Kubernetes).unwrap();
    let wanted = wanted();
    let mut edits = edits("f", &[(&reading.sites[0], &wanted)]).unwrap();
    let at = text.find("ghcr").unwrap();
    edits[0].range = at..at + "ghcr.io/acme/shop:1".len();
    let diff = patch::unified("x", text, &edits);
    let expected = format!(
        "--- a/x\n+++ b/x\n@@ -2,7 +2,7 @@\n b\n c\n d\n-image: ghcr.io/acme/shop:1\n+image: ghcr.io/acme/shop:abc1234@{}\n e\n f\n g\n",
        digest()
    );
    assert_eq!(diff, expected);
}
