//! Which lines share a canonical text, which are refused, and which are in doubt.

use super::*;
use crate::dockerfile::scan;

fn parsed(file: &str) -> Result<Instruction, Fault> {
    let scanned = scan::scan(file);
    match scanned.lines.first() {
        Some(logical) => parse(logical, scanned.escape),
        None => Err(Fault::new(0, 0, "nothing")),
    }
}

fn text(file: &str) -> String {
    match parsed(file) {
        Ok(instruction) => instruction.text,
        Err(fault) => format!("error: {}", fault.message),
    }
}

#[test]
fn what_buildkit_reads_alike_has_one_text() {
    for group in [
        &["copy  a\tb /x", "COPY a b /x  ", "COPY a \\\n# c\n b /x"][..],
        &["COPY [\"a\", \"b\"]", "copy [ \"a\",\"b\" ]"],
        &["ENV a=b  c=d", "env a=b c=d"],
        &["FROM  a  as   b", "FROM a as b"],
        &["COPY --from=x a b", "COPY  --from='x'  a b", "COPY --from=\"x\" a b"],
    ] {
        for other in group {
            assert_eq!(text(group[0]), text(other), "{other}");
            assert!(!text(other).starts_with("error"), "{other}: {}", text(other));
        }
    }
}

#[test]
fn what_buildkit_reads_otherwise_has_another_text() {
    let pairs = [
        ("RUN a  b", "RUN a b"),
        ("RUN [\"a\"]", "RUN a"),
        ("RUN --network=none", "RUN -- --network=none"),
        ("RUN --network=none x", "RUN -- --network=none x"),
        ("ENV a  b=c", "ENV a b=c d=e"),
        ("# escape=`\nENV a=b\\c", "ENV a=b\\c"),
        ("RUN <<A\nx\nA", "RUN <<'A'\nx\nA"),
        ("RUN <<A\nx\nA", "RUN <<-A\nx\nA"),
        ("RUN <<A\nx\nA", "RUN <<B\nx\nB"),
        ("RUN <<A <<B\nx\nA\nB\n", "RUN <<A <<B\nA\nx\nB\n"),
        ("COPY --exclude='a b' c d", "COPY --exclude=a b c d"),
        ("ENV a=\"b c\"", "ENV a=b\\ c"),
        ("COPY --from='x y' a b", "COPY \"--from=x y\" a b"),
        // A tab in a string is no JSON, so these are two words.
        ("VOLUME [\"a\tb\"]", "VOLUME [\"a b\"]"),
        ("COPY [\"a\tb\",\"c\"]", "COPY [\"a b\",\"c\"]"),
    ];
    for (one, other) in pairs {
        assert_ne!(text(one), text(other), "{one:?} {other:?}");
    }
}

#[test]
fn wrong_instructions_are_faults_with_a_column() {
    let cases = [
        ("COPY a", 6),
        ("  COPY a", 8),
        ("COPY", 1),
        ("COPY [1, \"a\"]", 1),
        ("COPY a <<E\nE", 1),
        ("COPY --from=a --from=b c d", 1),
        ("ADD a", 5),
        ("ENV a", 1),
        ("ENV", 1),
        ("ENV a=b c", 9),
        ("ENV =b", 1),
        ("LABEL a", 1),
        ("ARG", 1),
        ("ARG =b", 1),
        ("FROM", 1),
        ("FROM a b", 1),
        ("FROM a as", 1),
        ("FROM a as b c", 1),
        ("FROM a as 1b", 11),
        ("RUN --mount=type=bind,from=$x y", 5),
        ("RUN --mount=a\\\"b y", 5),
        ("RUN --network=x y", 1),
        ("ONBUILD", 1),
        ("ONBUILD ONBUILD RUN x", 1),
        ("ONBUILD FROM x", 1),
        ("SHELL a", 1),
        ("SHELL []", 1),
        ("WORKDIR", 1),
        ("USER", 1),
        ("VOLUME", 1),
        ("EXPOSE", 1),
        ("HEALTHCHECK", 1),
        ("HEALTHCHECK x", 1),
        ("STOPSIGNAL", 1),
    ];
    for (file, column) in cases {
        match parsed(file) {
            Ok(instruction) => assert_eq!(instruction.text, "an error", "{file}"),
            // The word's first place in the line is good enough.
            Err(fault) => assert_eq!(fault.column, column, "{file}: {}", fault.message),
        }
    }
}

#[test]
fn what_is_not_known_is_in_doubt_and_no_error() {
    for file in ["FROB a b", "COPY --new a b", "RUN --new=1 a", "ADD --from=a b c", "COPY --chown=é a b"] {
        assert!(parsed(file).is_ok_and(|instruction| !instruction.doubts.is_empty()), "{file}");
    }
    assert!(
        parsed("COPY --parents --exclude=*.md --link --chmod=644 a b").is_ok_and(|i| i.doubts.is_empty())
    );
}

#[test]
fn triggers_keep_flags_and_heredocs() {
    let trigger = |file: &str| match parsed(file).map(|instruction| instruction.kind) {
        Ok(Kind::Onbuild(trigger)) => trigger,
        other => format!("{other:?}"),
    };
    assert_eq!(trigger("onbuild  COPY --from=x  a b"), "COPY --from=x  a b");
    assert_eq!(trigger("ONBUILD RUN <<A\nx\nA"), "RUN <<A\nx\nA");
}
