//! What the tool says of Dockerfiles whose answer is known.

use imgplan::dockerfile::{self, Reading, Request};
use imgplan::error::Errors;
use imgplan::tree::Memory;

use super::case::{Case, Counts, Judged, Kind, compare};
use super::frontend::{self, Answer};
use super::inputs::{self, Inputs};
use super::report::Report;
use super::verdict::Verdict;
use super::{file_name, variables};

fn read(text: &str) -> Result<Reading, Errors> {
    dockerfile::read(text.as_bytes(), &Request::default())
}

fn copy(source: &str, include: &[&str], exclude: &[&str]) -> frontend::Read {
    let strings = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    frontend::Read {
        kind: frontend::Kind::Copy,
        source: source.to_owned(),
        include: strings(include),
        exclude: strings(exclude),
    }
}

fn mount(source: &str) -> frontend::Read {
    frontend::Read { kind: frontend::Kind::Mount, source: source.to_owned(), ..Default::default() }
}

/// How imgplan's reading of a Dockerfile differs from an answer.
fn differences(text: &str, answer: &Answer) -> (Vec<Kind>, Counts) {
    let mut judged = Judged::template();
    compare(&read(text), answer, "here", &mut judged);
    (judged.differences.iter().map(|found| found.kind).collect(), judged.counts)
}

#[test]
fn dockerfiles_are_known_by_their_names() {
    for name in
        ["Dockerfile", "a/dockerfile", "Dockerfile.cuda", "Dockerfile-dev", "x.Dockerfile", "Containerfile"]
    {
        assert!(file_name::dockerfile(name), "{name}");
    }
    for name in [
        "Dockerfiles",
        "dockerfile.go",
        "Dockerfile_test.go",
        "Dockerfile.dockerignore",
        "Dockerfile/x",
        "x.md",
    ] {
        assert!(!file_name::dockerfile(name), "{name}");
    }
}

#[test]
fn templates_are_no_dockerfiles() {
    for name in ["Dockerfile.j2", "a/Dockerfile-linux.template", "Dockerfile.tmpl"] {
        assert!(file_name::dockerfile(name) && file_name::template(name), "{name}");
    }
    assert!(file_name::template_text(b"FROM a\n{{ if x }}\nRUN b\n"));
    assert!(file_name::template_text(b"FROM %%BASE%%\n"));
    assert!(!file_name::template_text(b"FROM a\nRUN docker inspect --format '{{ .State }}' x\n"));
}

#[test]
fn judgements_name_their_reason() {
    let cases = [
        ("FROM a\nCOPY . .\n", "precise", ""),
        (
            "FROM a\nARG TARGETARCH\nCOPY bin/$TARGETARCH/x /\n",
            "union",
            "a source with a platform's variable",
        ),
        ("FROM a-$TARGETARCH\n", "union", "a `FROM` with"),
        ("FROM a\nARG TARGETVARIANT\nCOPY bin/$TARGETVARIANT/x /\n", "widened", "no single name"),
        ("FROM a\nCOPY $APP /\n", "widened", "only a base image could set"),
        ("FROM a\nRUN --new=1 x\n", "widened", "an unknown flag"),
        ("FROM a\nFROB x\n", "widened", "an unknown instruction"),
        ("# syntax=acme/other\nFROM a\n", "widened", "another frontend than docker/dockerfile"),
        ("# syntax=docker/dockerfile:9.9\nFROM a\n", "widened", "a syntax that imgplan does not cover"),
        ("FROM a\nCOPY --from=b$X c d\n", "refused", "variable expansion is not supported"),
        ("FROM a\nRUN --mount=from=$X,target=/x b\n", "refused", "… doesn't support variable expansion"),
        ("FROM 'B'\n", "refused", "failed to parse stage name …"),
    ];
    for (text, word, reason) in cases {
        let (said, why) = match Verdict::of(&read(text)) {
            Verdict::Precise => ("precise", String::new()),
            Verdict::Union(why) => ("union", why),
            Verdict::Widened(why) => ("widened", why),
            Verdict::Refused(why) => ("refused", why),
            Verdict::Template => ("template", String::new()),
        };
        assert!(said == word && why.contains(reason), "{text:?}: {said}, {why}");
    }
}

#[test]
fn what_imgplan_counts_takes_in_what_buildkit_reads() {
    let cases = [
        ("COPY ./a/../b/ /", copy("/b", &[], &[])),
        ("COPY . /", copy("/", &[], &[])),
        ("COPY --exclude=x . /", copy("/", &[], &["x", "y"])),
        ("COPY --parents a/./b/*.c /", copy("/a", &["b/*.c"], &[])),
        ("COPY --parents a* /", copy("/", &["a*"], &[])),
        ("RUN --mount=source=a,target=/x true", mount("/a")),
        ("RUN --mount=target=/x true", mount("")),
        ("ARG TARGETARCH\nCOPY bin/$TARGETARCH/*.so /", copy("/bin/arm64/*.so", &[], &[])),
        ("ARG TARGETARCH\nRUN --mount=source=$TARGETARCH,target=/x true", mount("/s390x")),
        ("COPY $BASE /", copy("/anything", &[], &[])),
    ];
    for (line, theirs) in cases {
        let answer = Answer { reads: vec![theirs], ..Answer::default() };
        let counts = Counts { builds: 1, reads: 1, ..Counts::default() };
        assert_eq!(differences(&format!("FROM a\n{line}\n"), &answer), (vec![], counts), "{line}");
    }
}

#[test]
fn a_read_that_imgplan_lacks_is_found() {
    let cases = [
        ("COPY a /", copy("/b", &[], &[])),
        ("COPY a /", copy("/", &[], &[])),
        ("COPY a* /", copy("/ab", &[], &[])),
        ("COPY --exclude=x . /", copy("/", &[], &[])),
        ("COPY --parents a/./b /", copy("/a", &["c"], &[])),
        ("COPY --parents a/b /", copy("/a/b", &[], &[])),
        ("COPY a /", mount("/a")),
        ("RUN --mount=source=a,target=/x true", copy("/a", &[], &[])),
        ("RUN --mount=source=a,target=/x true", mount("")),
        ("ARG TARGETARCH\nCOPY bin/$TARGETARCH/x /", copy("/bin/arm64/y", &[], &[])),
        ("COPY . /", frontend::Read { kind: frontend::Kind::Scan, ..copy("/", &[], &[]) }),
    ];
    for (line, theirs) in cases {
        let answer = Answer { reads: vec![theirs], ..Answer::default() };
        let (found, _) = differences(&format!("FROM a\n{line}\n"), &answer);
        assert_eq!(found, [Kind::Lacking, Kind::Extra], "{line}");
    }
}

#[test]
fn refusals_are_compared_too() {
    let refused = Answer { error: Some("no".to_owned()), ..Answer::default() };
    let accepted = Answer::default();
    assert_eq!(differences("FROM a\n", &refused).0, [Kind::OnlyTheirRefusal]);
    assert_eq!(differences("RUN x\n", &accepted).0, [Kind::OnlyOurRefusal]);
    let counts = Counts { builds: 1, refused: 1, ..Counts::default() };
    assert_eq!(differences("RUN x\n", &refused), (vec![], counts));
}

#[test]
fn only_bugs_are_findings() {
    let case = Case { name: "r: Dockerfile".to_owned(), bytes: b"FROM a\nCOPY a /\n".to_vec() };
    let mut judged = Judged::template();
    compare(&read("FROM a\nCOPY a /\n"), &Answer::default(), "here", &mut judged);
    let mut report = Report::default();
    report.add(&case, &judged, None);
    assert_eq!((report.findings(), report.total()), (0, 1));

    let answer = Answer { reads: vec![copy("/b", &[], &[])], ..Answer::default() };
    compare(&read("FROM a\nCOPY a /\n"), &answer, "there", &mut judged);
    report.add(&case, &judged, None);
    assert_eq!(report.findings(), 1);
    let text = report.markdown("Title", false);
    assert!(text.contains("READS THAT IMGPLAN LACKS\n\n- r: Dockerfile (there): "), "{text}");
    assert!(!text.contains("Counted by imgplan alone"), "{text}");
}

#[test]
fn inputs_are_sought_in_the_likely_contexts() {
    let files = ["f", "a/f2", "a/b/f3", "a/b/Dockerfile"].map(|path| (path, "FROM a\n"));
    let (objects, tree) = Memory::new(files);
    let cases = [("f3", Inputs::Own), ("f", Inputs::Root), ("f2", Inputs::Between)];
    let find = |source: &str| {
        let reading = read(&format!("FROM a\nCOPY {source} /\n")).ok()?;
        inputs::find((&objects, &tree), "a/b/Dockerfile", &Default::default(), &reading).ok()
    };
    for (source, context) in cases {
        assert_eq!(find(source), Some(context), "{source}");
    }
    assert!(matches!(find("gone"), Some(Inputs::Nowhere(why)) if why.contains("`gone` is not in")));
}

#[test]
fn variables_are_found_in_any_form() {
    let text = b"FROM $A\nARG B=${C:-x} D\narg E\nCOPY ${F}_$TARGETARCH $1 /\n";
    assert_eq!(variables::named(text).collect::<Vec<_>>(), ["A", "B", "C", "D", "E", "F", "TARGETARCH"]);
    assert_eq!(variables::settable(text).collect::<Vec<_>>(), ["A", "B", "C", "D", "E", "F"]);
}
