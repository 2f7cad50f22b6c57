//! Whole Dockerfiles: which reads, stages, arguments and warnings they give.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn request() -> Request {
    Request { file: "Dockerfile".to_owned(), ..Request::default() }
}

fn target(name: &str) -> Request {
    Request { target: Some(name.to_owned()), ..request() }
}

fn args(pairs: &[(&str, &str)]) -> Request {
    Request { build_args: map(pairs), ..request() }
}

fn platforms(names: &[&str]) -> Request {
    let platforms = names.iter().map(|name| Platform::parse(name).unwrap()).collect();
    Request { platforms, ..request() }
}

fn volatile(name: &str) -> Request {
    Request { volatile_args: BTreeSet::from([name.to_owned()]), ..request() }
}

fn contexts(pairs: &[(&str, Context)]) -> Request {
    let contexts = pairs.iter().map(|(name, context)| ((*name).to_owned(), context.clone())).collect();
    Request { contexts, ..request() }
}

fn parents(pairs: &[(&str, Legacy)]) -> Request {
    let parent = |legacy: &Legacy| Parent { image: "parent".to_owned(), legacy: legacy.clone() };
    let parents = pairs.iter().map(|(name, legacy)| ((*name).to_owned(), parent(legacy))).collect();
    Request { parents, ..request() }
}

fn ok(file: &str, request: &Request) -> Reading {
    match read(file.as_bytes(), request) {
        Ok(reading) => reading,
        Err(errors) => panic!("{file:?}: {:?}", errors.0),
    }
}

fn errors(file: &str, request: &Request) -> Vec<String> {
    match read(file.as_bytes(), request) {
        Ok(reading) => panic!("{file:?}: {reading:?}"),
        Err(errors) => errors.0.iter().map(ToString::to_string).collect(),
    }
}

/// The reads, each in one word: `context:kind sources`.
fn reads(reading: &Reading) -> Vec<String> {
    let one = |read: &Read| {
        let context = read.context.as_ref().map(|name| format!("{name}:")).unwrap_or_default();
        match &read.what {
            What::Whole(_) => format!("{context}WHOLE"),
            What::Mount(source) => format!("{context}mount {source}"),
            What::Copy(copy) => {
                let excludes: String = copy.excludes.iter().map(|exclude| format!(" -{exclude}")).collect();
                let flags = [(copy.parents, " parents"), (copy.widened, " widened")];
                let flags: String = flags.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect();
                format!("{context}{}{excludes}{flags}", copy.sources.join(" "))
            }
        }
    };
    reading.reads.iter().map(one).collect()
}

fn origins(reading: &Reading) -> Vec<String> {
    let one = |origin: &Origin| match origin {
        Origin::Scratch => "scratch".to_owned(),
        Origin::Stage(index) => index.to_string(),
        Origin::Image(name) => name.clone(),
        Origin::Parent(name) => format!("parent {name}"),
        Origin::Context(name) => format!("context {name}"),
    };
    let all = |origins: &[Origin]| origins.iter().map(one).collect::<Vec<_>>().join("+");
    let stage = |stage: &Stage| {
        let sources = stage.instructions.iter().filter(|instruction| !instruction.from.is_empty());
        std::iter::once(all(&stage.from)).chain(sources.map(|i| all(&i.from))).collect::<Vec<_>>().join(" < ")
    };
    reading.stages.iter().map(stage).collect()
}

fn texts(reading: &Reading) -> Vec<&str> {
    reading.stages.iter().flat_map(|stage| &stage.instructions).map(|i| i.text.as_str()).collect()
}

/// The texts that count, stage by stage.
fn stages(file: &str) -> Vec<Vec<String>> {
    let reading = ok(file, &request());
    let texts =
        |stage: &Stage| stage.instructions.iter().map(|instruction| instruction.text.clone()).collect();
    reading.stages.iter().map(texts).collect()
}

fn check(cases: &[(&str, Request, &[&str])]) {
    for (file, request, want) in cases {
        assert_eq!(reads(&ok(file, request)), *want, "{file:?}");
    }
}

#[test]
fn sources_are_what_buildkit_copies() {
    let cases: &[(&str, &[&str])] = &[
        ("COPY a b /x", &["a b"]),
        ("COPY [\"a b\", \"c\", \"/x\"]", &["a b c"]),
        ("COPY --exclude=*.md --exclude=$X . /x", &[". -*.md -$X"]),
        ("COPY --parents ./**/*.go /x", &["./**/*.go parents"]),
        ("COPY --chmod=644 --chown=a:b --link=false a /x", &["a"]),
        ("COPY q\\* 'q*' [*] /x", &["q* q* [*]"]),
        ("COPY <<EOF /x\na\nEOF\n", &[]),
        ("COPY a <<EOF b <<-'E2' /x\na\nEOF\n\tE2\n", &["a b"]),
        ("COPY [\"<<EOF\", \"/x\"]\n", &[]),
        ("ADD a.tar /x", &["a.tar"]),
        ("ADD ./https://a /x", &["./https://a"]),
        ("ADD github.com/a/b /x", &["github.com/a/b"]),
        ("ADD https://a/b /x", &[]),
        ("COPY --from=other a /x", &[]),
        ("RUN --mount=target=/x a", &["mount /"]),
        ("RUN --mount=source=a/b,target=/x --mount=type=cache,target=/c a", &["mount a/b"]),
        ("RUN --mount=type=bind,src=a,target=/x,rw a", &["mount a"]),
        ("RUN --mount=type=secret,id=x --mount=type=ssh --mount=type=tmpfs,target=/t a", &[]),
        ("RUN --mount=type=cache,from=other,source=a,target=/x a", &[]),
        ("RUN cat <<EOF\nCOPY a b\nEOF\n", &[]),
        ("ENV U=\nCOPY a$U \"$U\" /x", &["a /"]),
        (
            "CMD [\"a\"]\nLABEL a=b\nWORKDIR /x\nEXPOSE 1\nVOLUME /v\nUSER u\nSHELL [\"s\"]\nHEALTHCHECK NONE\nSTOPSIGNAL 9",
            &[],
        ),
    ];
    for (body, want) in cases {
        let file = format!("FROM scratch\n{body}");
        assert_eq!(reads(&ok(&file, &request())), *want, "{body:?}");
    }
}

#[test]
fn variables_follow_the_order_of_assignments() {
    let from = "FROM scratch\n";
    let cases: &[(&str, Request, &[&str])] = &[
        ("ARG A=1\nENV A=2\nCOPY $A /x", request(), &["2"]),
        ("ENV A=2\nARG A=1\nCOPY $A /x", request(), &["1"]),
        ("ENV A=2\nARG A\nCOPY $A /x", request(), &["2"]),
        ("ENV A=2\nARG A\nCOPY $A /x", args(&[("A", "3")]), &["3"]),
        ("ARG A=1\nCOPY $A /x", args(&[("A", "3")]), &["3"]),
        ("ENV A=1\nENV A=2 B=$A\nCOPY $B /x", request(), &["1"]),
        ("ARG C=x D=$C\nCOPY $D /x", request(), &["x"]),
        ("ARG A=1\nENV B=${A:+y}${U:-z}\nCOPY $B /x", request(), &["yz"]),
        ("ENV A \"b c\"\nCOPY [\"$A\", \"/x\"]", request(), &["b c"]),
        ("ARG A=1\nCOPY \\$A '$A' /x", request(), &["$A $A"]),
        ("ARG S\nRUN --mount=type=bind,source=${S:-d},target=/x a", request(), &["mount d"]),
        ("COPY $A /x", args(&[("A", "undeclared")]), &["/"]),
    ];
    for (body, request, want) in cases {
        assert_eq!(reads(&ok(&format!("{from}{body}"), request)), *want, "{body:?}");
    }
    check(&[
        ("ARG A=1\nFROM scratch\nCOPY a$A /x", request(), &["a"]),
        ("ARG A=1\nFROM scratch\nARG A\nCOPY a$A /x", request(), &["a1"]),
        ("ARG A=1\nFROM scratch\nARG A=2\nCOPY a$A /x", request(), &["a2"]),
        ("ARG A=1\nARG B=${A}b\nFROM scratch\nARG B\nCOPY a$B /x", args(&[("A", "9")]), &["a9b"]),
        ("# escape=`\nFROM scratch\nCOPY a`$b c\\d /x", request(), &["a$b c\\d"]),
        ("FROM scratch AS a\nARG X=1\nENV Y=2\nFROM a\nCOPY $X$Y /x", request(), &["12"]),
        ("FROM scratch AS a\nENV X=1\nARG X=2\nFROM a\nCOPY $X /x", request(), &["1"]),
        ("FROM scratch AS a\nARG X=1\nFROM scratch\nCOPY a$X /x", request(), &["a"]),
    ]);
}

#[test]
fn what_an_external_base_may_set_is_unknown() {
    check(&[
        ("FROM debian\nCOPY $X /x", request(), &["WHOLE"]),
        ("FROM debian\nCOPY ${X:-a} /x", request(), &["WHOLE"]),
        ("FROM debian\nARG X\nCOPY $X /x", request(), &["WHOLE"]),
        ("FROM debian\nARG X=a\nCOPY $X /x", request(), &["a"]),
        ("FROM debian\nENV X=a\nCOPY $X /x", request(), &["a"]),
        ("FROM debian\nENV X=$HOME\nCOPY $X /x", request(), &["WHOLE"]),
        ("FROM debian AS a\nENV X=a\nFROM a\nCOPY $X /x", request(), &["a"]),
        // The base's ENV is applied again, over the inherited ARG.
        ("FROM debian AS a\nARG X=a\nFROM a\nCOPY $X /x", request(), &["WHOLE"]),
        ("FROM debian\nRUN --mount=source=$X,target=/x a", request(), &["WHOLE"]),
        ("FROM debian\nRUN --mount=type=$X,target=/x a", request(), &["WHOLE"]),
        ("FROM debian\nADD $X /x", request(), &["WHOLE"]),
        ("FROM debian\nCOPY --from=a $X /x", request(), &[]),
        ("FROM scratch\nCOPY $PATH /x", request(), &["WHOLE"]),
    ]);
    let reading = ok("FROM debian\nCOPY $X /x", &request());
    assert_eq!(reading.warnings.len(), 1);
    assert_eq!(reading.warnings[0].line, 2);
    assert!(reading.warnings[0].message.contains("X is not assigned"), "{:?}", reading.warnings);
    assert_eq!(ok("FROM debian\nADD $X /x", &request()).remotes.len(), 1, "it may be an address");
}

#[test]
fn platform_arguments_widen_or_unite() {
    let two = || platforms(&["linux/amd64", "linux/arm/v7"]);
    check(&[
        ("FROM a\nARG TARGETARCH\nCOPY bin/$TARGETARCH /x", request(), &["bin/* widened"]),
        ("FROM a\nARG TARGETARCH\nCOPY bin/$TARGETARCH /x", two(), &["bin/amd64", "bin/arm"]),
        ("FROM a\nARG TARGETPLATFORM\nCOPY $TARGETPLATFORM /x", two(), &["linux/amd64", "linux/arm/v7"]),
        ("FROM a\nARG TARGETPLATFORM\nCOPY $TARGETPLATFORM /x", request(), &["*/* */*/* widened"]),
        ("FROM a\nARG TARGETVARIANT\nCOPY bin/$TARGETVARIANT /x", request(), &["WHOLE"]),
        ("FROM a\nARG TARGETARCH=mine\nCOPY $TARGETARCH /x", two(), &["mine"]),
        ("FROM a\nARG TARGETARCH\nCOPY $TARGETARCH /x", args(&[("TARGETARCH", "x")]), &["x"]),
        ("FROM scratch\nCOPY a$TARGETARCH /x", two(), &["a"]),
        ("FROM a\nARG BUILDARCH\nCOPY bin/$BUILDARCH /x", two(), &["bin/* widened"]),
        ("FROM a\nARG TARGETARCH\nCOPY ${TARGETARCH%64} /x", request(), &["WHOLE"]),
        ("FROM a\nARG TARGETARCH\nCOPY ${TARGETARCH%64} /x", two(), &["amd", "arm"]),
        ("FROM a\nARG TARGETARCH\nRUN --mount=source=b/$TARGETARCH,target=/x a", request(), &["b/* widened"]),
        ("FROM a AS t\nARG TARGETSTAGE\nCOPY $TARGETSTAGE /x", request(), &["t"]),
    ]);
    let reading = ok("FROM a\nARG TARGETARCH\nCOPY bin/$TARGETARCH /x", &request());
    assert!(reading.warnings[0].message.contains("bin/*"), "{:?}", reading.warnings);
    assert!(ok("FROM a\nARG TARGETARCH\nCOPY bin/$TARGETARCH /x", &two()).warnings.is_empty());
}

#[test]
fn a_from_with_a_platform_argument_reaches_all_that_it_may_mean() {
    let file = "FROM a AS base-amd64\nCOPY x /x\nFROM b AS base-arm64\nCOPY y /y\nFROM c AS other\nCOPY z /z\nFROM base-${TARGETARCH}\n";
    let open = ok(file, &request());
    assert_eq!(reads(&open), ["x", "y"]);
    assert_eq!(origins(&open).last().map(String::as_str), Some("0+1"));
    let swapped = file.replace("amd64", "tmp").replace("arm64", "amd64").replace("tmp", "arm64");
    assert_ne!(ok(&swapped, &request()).stages, open.stages, "which name is which counts");
    assert_eq!(reads(&ok(file, &platforms(&["linux/arm64"]))), ["y"]);
    let three = |names: &[&str]| origins(&ok(file, &platforms(names))).pop();
    assert_eq!(three(&["linux/amd64", "linux/arm64", "linux/amd64"]).as_deref(), Some("0+1+0"));
    let image = ok("FROM img-${TARGETARCH}", &request());
    assert_eq!(origins(&image), ["img-${TARGETARCH}"]);
    assert_eq!(image.warnings.len(), 1);
    assert_eq!(
        origins(&ok("FROM img-${TARGETARCH}", &platforms(&["linux/amd64", "linux/386"]))),
        ["docker.io/library/img-amd64:latest+docker.io/library/img-386:latest"]
    );
}

#[test]
fn only_what_the_target_reaches_counts() {
    let file = "FROM a AS one\nCOPY 1 /\nFROM b AS two\nCOPY 2 /\nFROM one AS three\nCOPY 3 /\nCOPY --from=two x /\nFROM c AS four\nCOPY 4 /\n";
    let cases: &[(&str, &[&str], &[&str])] = &[
        ("one", &["1"], &["docker.io/library/a:latest"]),
        ("ONE", &["1"], &["docker.io/library/a:latest"]),
        ("three", &["1", "2", "3"], &["docker.io/library/a:latest", "docker.io/library/b:latest", "0 < 1"]),
        ("", &["4"], &["docker.io/library/c:latest"]),
    ];
    for (name, want, from) in cases {
        let reading = ok(file, &target(name));
        assert_eq!(
            (reads(&reading), origins(&reading)),
            (want.iter().map(|r| (*r).to_owned()).collect(), from.iter().map(|r| (*r).to_owned()).collect()),
            "{name}"
        );
    }
    for wrong in ["0", "five"] {
        let message = read(file.as_bytes(), &target(wrong)).err().map(|errors| errors.0[0].hints().join(" "));
        assert!(message.is_some_and(|hint| hint.contains("one, two, three, four")), "{wrong}");
    }
}

#[test]
fn names_of_stages_are_found_as_in_buildkit() {
    let cases: &[(&str, &[&str])] = &[
        ("FROM a AS Base\nFROM base", &["docker.io/library/a:latest", "0"]),
        ("FROM a AS x\nFROM b AS x\nFROM x", &["docker.io/library/b:latest", "0"]),
        (
            "FROM a\nFROM b\nCOPY --from=0 x /",
            &["docker.io/library/a:latest", "docker.io/library/b:latest < 0"],
        ),
        (
            "FROM a AS x\nFROM b\nCOPY --from=X x /",
            &["docker.io/library/a:latest", "docker.io/library/b:latest < 0"],
        ),
        (
            "FROM a AS x\nFROM b\nRUN --mount=from=X,target=/x a",
            &["docker.io/library/a:latest", "docker.io/library/b:latest < 0"],
        ),
        (
            "FROM a\nFROM b\nRUN --mount=from=0,target=/x a",
            &["docker.io/library/b:latest < docker.io/library/0:latest"],
        ),
        (
            "FROM a\nFROM b\nRUN --mount=type=cache,from=c,target=/x a",
            &["docker.io/library/b:latest < docker.io/library/c:latest"],
        ),
        ("FROM a\nFROM 0", &["docker.io/library/0:latest"]),
        ("FROM base AS base\nFROM base", &["docker.io/library/base:latest", "0"]),
        ("FROM a AS scratch\nFROM scratch", &["docker.io/library/a:latest", "0"]),
        ("FROM scratch\nCOPY --from=scratch a /", &["scratch < scratch"]),
        ("FROM scratch\nCOPY --from=Img:1 a /\n", &[]),
        ("ARG B=x\nFROM a AS x\nFROM $B", &["docker.io/library/a:latest", "0"]),
    ];
    for (file, want) in cases {
        match read(file.as_bytes(), &request()) {
            Ok(reading) => assert_eq!(origins(&reading), *want, "{file:?}"),
            Err(errors) => assert!(want.is_empty(), "{file:?}: {errors:?}"),
        }
    }
}

#[test]
fn contexts_replace_stages_and_images() {
    let files = || Context::Files;
    let parent = || {
        let legacy = Legacy { env: map(&[("E", "e")]), ..Legacy::default() };
        Context::Parent(Parent { image: "p".to_owned(), legacy })
    };
    let image = || Context::Image("docker-image://other:2".to_owned());
    let cases: &[(&str, Request, &[&str], &[&str])] = &[
        ("FROM debian", contexts(&[("debian", image())]), &["docker.io/library/other:2"], &[]),
        (
            "FROM debian",
            contexts(&[("docker.io/library/debian:latest", image())]),
            &["docker.io/library/other:2"],
            &[],
        ),
        ("FROM debian:12", contexts(&[("debian", image())]), &["docker.io/library/debian:12"], &[]),
        ("FROM scratch", contexts(&[("scratch", files())]), &["scratch"], &[]),
        ("FROM a AS b\nCOPY x /\nFROM b\nCOPY y /", contexts(&[("b", parent())]), &["parent p"], &["y"]),
        (
            "FROM a AS b\nCOPY x /\nFROM c\nCOPY --from=0 y /",
            contexts(&[("b", files())]),
            &["docker.io/library/c:latest < context b"],
            &["b:y"],
        ),
        (
            "FROM c\nCOPY --from=b y z* /",
            contexts(&[("b", files())]),
            &["docker.io/library/c:latest < context b"],
            &["b:y z*"],
        ),
        (
            "FROM c\nRUN --mount=from=b,source=y,target=/y a",
            contexts(&[("b", files())]),
            &["docker.io/library/c:latest < context b"],
            &["b:mount y"],
        ),
        ("FROM b", contexts(&[("b", files())]), &["context b"], &["b:WHOLE"]),
        ("FROM p\nCOPY $E /x", contexts(&[("p", parent())]), &["parent p"], &["e"]),
        ("FROM a AS b\nCOPY x /", contexts(&[("b", parent())]), &["parent p"], &[]),
        // A later stage that a context replaces is there from the start.
        (
            "FROM a\nCOPY --from=b x /\nFROM c AS b",
            Request { target: None, ..contexts(&[("b", files())]) },
            &["context b"],
            &["b:WHOLE"],
        ),
    ];
    for (file, request, from, want) in cases {
        let reading = ok(file, request);
        assert_eq!(
            (origins(&reading), reads(&reading)),
            (from.iter().map(|r| (*r).to_owned()).collect(), want.iter().map(|r| (*r).to_owned()).collect()),
            "{file:?}"
        );
    }
    let reading = ok("FROM debian", &contexts(&[("debian", image())]));
    assert_eq!(reading.bases, [Base { written: "other:2".to_owned(), line: 1, from: true, pinned: false }]);
}

#[test]
fn parents_hand_on_what_they_leave() {
    let legacy = Legacy {
        env: map(&[("E", "e")]),
        unknown_env: false,
        onbuild: vec!["COPY $E /x".to_owned(), "ARG A=$E".to_owned(), "RUN <<EOF\ny\nEOF".to_owned()],
    };
    for name in ["ghcr.io/a/b", "ghcr.io/a/b:latest"] {
        let reading = ok("FROM ghcr.io/a/b\nCOPY $A$U /y", &parents(&[(name, legacy.clone())]));
        assert_eq!(reads(&reading), ["e", "e"], "{name}");
        assert_eq!(origins(&reading), ["parent parent"]);
        assert!(reading.bases.is_empty());
        assert_eq!(texts(&reading), ["COPY $E /x", "ARG A=$E", "RUN <<EOF\n<<EOF 2\ny\n", "COPY $A$U /y"]);
        assert!(reading.stages[0].instructions.iter().take(3).all(|instruction| instruction.line == 1));
    }
    let unknown = Legacy { unknown_env: true, ..Legacy::default() };
    assert_eq!(reads(&ok("FROM p\nCOPY $U /y", &parents(&[("p", unknown)]))), ["WHOLE"]);
    let reading = ok("FROM a\nCOPY --from=p x /", &parents(&[("p", legacy)]));
    assert_eq!(origins(&reading), ["docker.io/library/a:latest < parent parent"]);
}

#[test]
fn a_target_leaves_env_and_triggers() {
    let legacy = ok("FROM scratch\nARG A=1\nENV B=$A\nONBUILD COPY x /\nONBUILD RUN y", &request()).legacy;
    assert_eq!(legacy.env, map(&[("B", "1")]));
    assert!(!legacy.unknown_env);
    assert_eq!(legacy.onbuild, ["COPY x /", "RUN y"]);
    assert!(ok("FROM debian", &request()).legacy.unknown_env);
    let legacy = ok("FROM scratch\nARG TARGETARCH\nENV B=$TARGETARCH", &request()).legacy;
    assert!(legacy.env.is_empty() && legacy.unknown_env);
    let legacy =
        ok("FROM scratch\nARG TARGETARCH\nENV B=$TARGETARCH C=c", &platforms(&["linux/amd64", "linux/386"]))
            .legacy;
    assert_eq!(legacy.env, map(&[("C", "c")]));
    assert!(legacy.unknown_env);
    assert!(ok("FROM scratch AS a\nONBUILD RUN x\nFROM a", &request()).legacy.onbuild.is_empty());
}

#[test]
fn triggers_of_an_earlier_stage_run_in_the_child() {
    let file = "FROM scratch AS a\nONBUILD COPY $X /x\nONBUILD COPY --from=lib y /y\nENV X=1\nFROM c AS lib\nCOPY l /l\nFROM a\nCOPY z /z";
    let reading = ok(file, &request());
    assert_eq!(reads(&reading), ["l", "1", "z"]);
    assert_eq!(origins(&reading), ["scratch", "docker.io/library/c:latest", "0 < 1"]);
    assert_eq!(reading.reads[1].line, 7);
    let bad = "FROM scratch AS a\nONBUILD COPY x\nFROM a";
    assert!(errors(bad, &request())[0].contains("Dockerfile:3:1"), "{:?}", errors(bad, &request()));
    assert!(read(bad.as_bytes(), &target("a")).is_ok());
}

#[test]
fn arguments_count_where_something_reached_uses_them() {
    let given = || {
        args(&[
            ("A", "1"),
            ("B", "2"),
            ("BUILDKIT_X", "3"),
            ("HTTP_PROXY", "4"),
            ("SOURCE_DATE_EPOCH", "5"),
            ("TARGETOS", "6"),
        ])
    };
    let always = |more: &[&str]| -> Vec<String> {
        let mut names = vec!["BUILDKIT_X".to_owned(), "SOURCE_DATE_EPOCH".to_owned()];
        names.extend(more.iter().map(|name| (*name).to_owned()));
        names.sort();
        names
    };
    let cases: &[(&str, &[&str], &[&str])] = &[
        ("FROM a", &[], &[]),
        ("FROM a\nARG A", &["A"], &[]),
        ("FROM a\nARG HTTP_PROXY", &["HTTP_PROXY"], &[]),
        ("ARG A=x\nARG B=y\nFROM a", &[], &[]),
        ("ARG A=x\nARG B=y\nFROM a:$B", &["B"], &["ARG B=y"]),
        ("ARG A=x B=y\nFROM a:$B", &["B"], &["ARG B=y"]),
        ("ARG C=$A\nFROM a$C", &[], &["ARG C=$A"]),
        ("ARG A\nARG C=$A\nFROM a\nARG C", &["A"], &["ARG A", "ARG C=$A"]),
        ("ARG A=1\nFROM a\nARG A=2", &["A"], &[]),
        ("FROM x AS unreached\nARG A\nFROM a", &[], &[]),
        ("ARG A=linux\nFROM --platform=$A/amd64 a", &["A"], &["ARG A=linux"]),
        ("FROM a-$TARGETOS", &["TARGETOS"], &[]),
    ];
    for (file, counted, global) in cases {
        let reading = ok(file, &given());
        assert_eq!(reading.args.keys().cloned().collect::<Vec<_>>(), always(counted), "{file:?}");
        if !file.contains("C=") {
            assert_eq!(reading.global_args, *global, "{file:?}");
        }
    }
    let reading = ok("ARG A=1\nARG C=$A\nARG D=1\nFROM a:$C", &request());
    assert_eq!(reading.global_args, ["ARG A=1", "ARG C=$A"]);
    assert_ne!(
        ok("FROM a AS x\nARG TARGETSTAGE", &request()).global_args,
        ok("FROM a AS y\nARG TARGETSTAGE", &request()).global_args
    );
}

#[test]
fn volatile_arguments_count_by_name_alone() {
    let reading = ok(
        "FROM a\nARG SHA=0\nRUN echo $SHA",
        &Request { build_args: map(&[("SHA", "x")]), ..volatile("SHA") },
    );
    assert!(reading.args.is_empty() && reading.warnings.is_empty());
    assert_eq!(reading.volatile, BTreeMap::from([("SHA".to_owned(), 2)]));
    let reading = ok("FROM a\nARG SHA=0\nCOPY a$SHA /x", &volatile("SHA"));
    assert_eq!((reads(&reading), reading.warnings.len()), (vec!["WHOLE".to_owned()], 1));
    let reading = ok("ARG SHA\nFROM a:$SHA", &volatile("SHA"));
    assert_eq!((origins(&reading), reading.warnings.len()), (vec!["a:${SHA}".to_owned()], 1));
    assert_eq!(reading.volatile, BTreeMap::from([("SHA".to_owned(), 1)]));
    assert!(ok("FROM a AS x\nARG SHA\nFROM b", &volatile("SHA")).volatile.is_empty());
}

#[test]
fn addresses_are_remote_unless_fixed() {
    let id = "0123456789abcdef0123456789abcdef01234567";
    let sum = format!("sha256:{id}{}", &id[..24]);
    let cases = [
        ("ADD https://a/b /x".to_owned(), vec!["https://a/b"]),
        (format!("ADD --checksum={sum} https://a/b /x"), vec![]),
        ("ADD --checksum=sha256:12 https://a/b /x".to_owned(), vec!["https://a/b"]),
        (format!("ARG S={sum}\nADD --checksum=$S https://a/b /x"), vec![]),
        ("ADD https://a/b.git#main /x".to_owned(), vec!["https://a/b.git#main"]),
        (format!("ADD https://a/b.git#{id} /x"), vec![]),
        ("ARG TARGETARCH\nADD https://a/$TARGETARCH.tgz /x".to_owned(), vec!["https://a/${TARGETARCH}.tgz"]),
    ];
    for (body, want) in cases {
        let reading = ok(&format!("FROM scratch\n{body}"), &request());
        let remotes: Vec<_> = reading.remotes.iter().map(|remote| remote.address.as_str()).collect();
        assert_eq!((remotes, reading.reads.len()), (want, 0), "{body}");
    }
}

#[test]
fn bases_are_listed_with_what_they_are_for() {
    let sum = "a".repeat(64);
    let file =
        format!("FROM python:3 AS p\nFROM debian@sha256:{sum}\nCOPY --from=p a /\nCOPY --from=tool b /\n");
    let reading = ok(&file, &request());
    let bases: Vec<_> =
        reading.bases.iter().map(|b| (b.written.as_str(), b.line, b.from, b.pinned)).collect();
    let pinned = format!("debian@sha256:{sum}");
    assert_eq!(
        bases,
        [(pinned.as_str(), 2, true, true), ("python:3", 1, true, false), ("tool", 4, false, false)]
    );
}

#[test]
fn image_names_are_what_the_target_may_take_from() {
    let names = |file: &str, request: &Request| image_names(file.as_bytes(), request).unwrap();
    let file = "ARG T=1\nFROM a:$T AS x\nFROM u AS unreached\nFROM x\nCOPY --from=b c /\nRUN --mount=from=d,target=/x a\nCOPY --from=scratch a /";
    assert_eq!(
        names(file, &request()),
        BTreeMap::from([("a:1".into(), 2), ("b".into(), 5), ("d".into(), 6)])
    );
    assert_eq!(names("FROM a", &contexts(&[("a", Context::Files)])), BTreeMap::new());
    assert_eq!(names("FROM a", &parents(&[("a", Legacy::default())])), BTreeMap::from([("a".into(), 1)]));
    assert_eq!(
        names("FROM a:$TARGETARCH", &platforms(&["linux/386"])),
        BTreeMap::from([("a:386".into(), 1)])
    );
}

#[test]
fn what_is_not_understood_takes_everything() {
    let cases: &[(&str, Request, usize)] = &[
        ("# syntax=acme/other:1\nFROM a", request(), 1),
        ("# syntax=acme/other:1\nFROB ((", request(), 1),
        ("// syntax=acme/other\n{}", request(), 1),
        ("#!/bin/x\n# syntax=docker/dockerfile:9\nFROM a", request(), 2),
        ("FROM a", args(&[("BUILDKIT_SYNTAX", "acme/other")]), 1),
        ("FROM a\nFROB x", request(), 2),
        ("FROB x\nFROM a", request(), 1),
        ("FROM a AS unreached\nFROB x\nFROM b", request(), 2),
        ("FROM a\nCOPY --new x /", request(), 2),
        ("FROM --new a", request(), 1),
        ("FROM a", args(&[("SOURCE_DATE_EPOCH", "context")]), 1),
    ];
    for (file, request, line) in cases {
        let mut request = request.clone();
        request.contexts.insert("files".to_owned(), Context::Files);
        let reading = ok(file, &request);
        assert!(reading.whole_file.is_some(), "{file:?}");
        assert!(reads(&reading).contains(&"WHOLE".to_owned()), "{file:?}");
        assert!(reads(&reading).contains(&"files:WHOLE".to_owned()), "{file:?}");
        assert!(
            reading.warnings.iter().any(|warning| warning.line == *line),
            "{file:?}: {:?}",
            reading.warnings
        );
    }
    let reading = ok("# syntax=acme/other\nFROM a", &args(&[("A", "1")]));
    assert_eq!((reading.args.len(), reading.syntax.as_deref()), (1, Some("acme/other")));
    let reading = ok("FROM a AS unreached\nCOPY --new x /\nFROM b", &request());
    assert_eq!((reading.whole_file, reading.reads), (None, Vec::new()), "a flag of an unreached stage");
    let reading = ok("# syntax=docker/dockerfile:1.7-labs\nFROM a", &request());
    assert_eq!((reading.whole_file, reading.syntax.as_deref()), (None, Some("docker/dockerfile:1.7-labs")));
}

#[test]
fn bytes_that_are_no_text_take_the_whole_file() {
    let reading = read(b"FROM scratch\nLABEL a=\xff\nCOPY b\xff /x\nCOPY c /x\n", &request()).unwrap();
    assert!(reading.whole_file.is_some());
    assert_eq!(reads(&reading), ["WHOLE", "c"]);
}

#[test]
fn a_base_that_lacks_an_argument_says_which() {
    let hints = |file: &str| match read(file.as_bytes(), &request()) {
        Ok(reading) => panic!("{file:?}: {reading:?}"),
        Err(errors) => errors.0.iter().flat_map(|error| error.hints().to_vec()).collect::<Vec<_>>(),
    };
    let give =
        "no value reaches BASE: give it one, build-args = { BASE = \"…\" } or a default in the Dockerfile";
    for file in [
        "ARG BASE\nFROM $BASE\n",
        "ARG BASE\nFROM docker:${BASE}-dind\n",
        "ARG BASE=\nARG NAME=$BASE\nFROM $NAME\n",
        "ARG BASE\nFROM --platform=$BASE a\n",
    ] {
        assert_eq!(hints(file), [give], "{file:?}");
    }
    assert_eq!(
        hints("FROM a AS x\nARG BASE=b\nFROM $BASE\n"),
        ["FROM sees only the ARGs before the first FROM: declare BASE there"]
    );
    assert!(hints("ARG BASE=UPPER\nFROM $BASE\n").is_empty(), "it has a value, and that is wrong");
}

#[test]
fn mistakes_are_reported_together_with_their_places() {
    let cases: &[(&str, Request, &[&str])] = &[
        ("", request(), &["Dockerfile:1:1"]),
        ("# only a comment\n", request(), &["Dockerfile:1:1"]),
        ("ARG A=1\n", request(), &["Dockerfile:1:1"]),
        ("RUN a\nFROM b", request(), &["Dockerfile:1:1"]),
        (
            "FROM a b\nCOPY x\n  ENV\nRUN <<EOF\n",
            request(),
            &["Dockerfile:1:1", "Dockerfile:2:6", "Dockerfile:3:3", "Dockerfile:4:1"],
        ),
        ("FROM $NOTHING", request(), &["Dockerfile:1:1"]),
        ("FROM ${A", request(), &["Dockerfile:1:1"]),
        ("ARG A=${B?needed}\nFROM a", request(), &["Dockerfile:1:1"]),
        ("FROM --platform=$NOTHING a", request(), &["Dockerfile:1:1"]),
        ("FROM UPPER", request(), &["Dockerfile:1:1"]),
        ("FROM a\nCOPY --from=1 x /\n", request(), &["Dockerfile:2:1"]),
        ("FROM a AS x\nCOPY --from=x y /\n", request(), &["Dockerfile:2:1"]),
        ("FROM a AS y\nCOPY --from=x y /\nFROM b AS x\n", target("y"), &["Dockerfile:2:1"]),
        ("FROM a\nCOPY --from=$x y /\n", request(), &["Dockerfile:2:1"]),
        ("FROM a\nRUN --mount=type=wrong,target=/x y\n", request(), &["Dockerfile:2:1"]),
        ("FROM a\nCOPY https://a/b /x\n", request(), &["Dockerfile:2:1"]),
        ("FROM a\nADD --checksum=sha256:12 b /x\n", request(), &["Dockerfile:2:1"]),
        ("FROM a\nCOPY \"a b\" /x\n", request(), &["Dockerfile:2:1"]),
        ("FROM a\nENV X=${Y!}\n", request(), &["Dockerfile:2:1"]),
        ("# escape=x\nFROM a", request(), &["Dockerfile:1:1"]),
    ];
    for (file, request, places) in cases {
        let found = errors(file, request);
        assert_eq!(found.len(), places.len(), "{file:?}: {found:?}");
        for (error, place) in found.iter().zip(*places) {
            assert!(error.starts_with(&format!("{place}: ")), "{file:?}: {error}");
        }
    }
    assert_eq!(errors("FROM a\nCOPY x\n", &platforms(&["linux/amd64", "linux/386"])).len(), 1, "said once");
}

/// BuildKit looks up every name of the file, and builds what the target reaches.
#[test]
fn names_of_unreached_stages_must_be_names() {
    for bad in [
        "FROM a:1:1",
        "FROM a\nCOPY --from=B:x:y p /",
        "FROM a\nCOPY --from=7 p /",
        "FROM a\nCOPY --from=$A p /",
    ] {
        let file = format!("{bad}\nFROM b\n");
        let errors = read(file.as_bytes(), &request()).unwrap_err();
        assert_eq!(errors.0.len(), 1, "{file}: {errors:?}");
        ok("FROM a:1\nCOPY --from=c:1 p /\nRUN --mount=from=later,target=/x y\nFROM b AS later", &request());
    }
}

#[test]
fn configuration_counts_where_the_image_has_it() {
    let file = |stage: &str, base: &str| {
        format!(
            "FROM a AS files\nENV A=1\n{stage}RUN x\nFROM b AS base\n{base}FROM base\nCOPY --from=files /y /\nCMD z\n"
        )
    };
    let plain = file("", "");
    for line in [
        "CMD a",
        "ENTRYPOINT [\"a\"]",
        "LABEL a=b",
        "EXPOSE 1",
        "STOPSIGNAL 9",
        "HEALTHCHECK NONE",
        "MAINTAINER a",
    ] {
        let line = format!("{line}\n");
        assert_eq!(stages(&file(&line, "")), stages(&plain), "{line}: only files are taken from there");
        assert_ne!(stages(&file("", &line)), stages(&plain), "{line}: the image is built on that");
    }
    for line in [
        "ENV B=2\n",
        "USER a\n",
        "WORKDIR /a\n",
        "SHELL [\"a\"]\n",
        "VOLUME /a\n",
        "ONBUILD RUN a\n",
        "ARG A\n",
    ] {
        assert_ne!(stages(&file(line, "")), stages(&plain), "{line}: what follows can depend on it");
    }
}

#[test]
fn the_name_behind_from_does_not_count() {
    let file = |name: &str| {
        format!(
            "FROM a AS {name}\nFROM b\nCOPY --link --from={name} --chmod=755 /x --from=n /\nONBUILD COPY --from=x /x /\n"
        )
    };
    let texts = |file: &str| -> Vec<(Vec<Origin>, Vec<String>)> {
        let text = |stage: &Stage| stage.instructions.iter().map(|i| i.text.clone()).collect();
        ok(file, &request()).stages.iter().map(|stage| (stage.from.clone(), text(stage))).collect()
    };
    assert_eq!(texts(&file("x")), texts(&file("y")));
    assert_eq!(
        texts(&file("x"))[1].1,
        ["COPY --link --from= --chmod=755 /x --from=n /", "ONBUILD COPY --from=x /x /"]
    );
    let two = |name: &str| {
        format!(
            "FROM a AS x\nFROM b AS y\nFROM c\nCOPY --from={name} /x /\nCOPY --from=x / /\nCOPY --from=y / /\n"
        )
    };
    let origins = |file: &str| -> Vec<Vec<Origin>> {
        ok(file, &request()).stages[2]
            .instructions
            .iter()
            .map(|instruction| instruction.from.clone())
            .collect()
    };
    assert_ne!(origins(&two("x")), origins(&two("y")), "what it means counts");
}

#[test]
fn blanks_behind_a_trigger_count() {
    for line in ["ONBUILD RUN x", "ONBUILD RUN <<EOF"] {
        let end = if line.ends_with("EOF") { "EOF\n" } else { "" };
        let file = |blank: &str| format!("FROM a\n{line}{blank}\n{end}");
        assert_ne!(stages(&file("\t")), stages(&file("")), "{line}");
    }
}

#[test]
fn an_array_of_plain_words_counts_as_those_words() {
    let same =
        |one: &str, other: &str| stages(&format!("FROM a\n{one}\n")) == stages(&format!("FROM a\n{other}\n"));
    assert!(same("COPY [\"a\", \"b/\"]", "COPY a  b/"));
    assert!(same("ADD --link [\"a*\",\"c\",\"$B\"]", "ADD --link a* c $B"));
    assert!(same("VOLUME [\"/a\"]", "VOLUME /a"));
    for (one, other) in [
        ("COPY [\"a c\", \"b/\"]", "COPY a c b/"),
        ("COPY [\"a\\\\ c\", \"b/\"]", "COPY a\\ c b/"),
        ("RUN [\"a\", \"b\"]", "RUN a b"),
    ] {
        assert!(!same(one, other), "{one} is not {other}");
    }
}

#[test]
fn comments_blank_lines_and_unreached_stages_do_not_count() {
    let one = "FROM a AS x\nRUN 1 \\\n  2\nFROM b AS z\nRUN unreached\nFROM x\nCOPY a b\n";
    let two = "# comment\n\nfrom a as X\nRUN 1 \\\n# inside\n\n  2\nFROM c AS z\nFROM x\nCOPY  a   b\n";
    let strip = |reading: Reading| -> Vec<(Vec<Origin>, Vec<String>)> {
        let text = |stage: &Stage| stage.instructions.iter().map(|i| i.text.clone()).collect();
        reading.stages.iter().map(|stage| (stage.from.clone(), text(stage))).collect()
    };
    assert_eq!(strip(ok(one, &request())), strip(ok(two, &request())));
    let heredoc = |body: &str| strip(ok(&format!("FROM a\nRUN <<EOF\n{body}\nEOF\n"), &request()));
    assert_ne!(heredoc("# a\nb"), heredoc("b"), "a comment in a heredoc counts");
}

/// Numbers that look random and are the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % end.max(1)
    }
}

#[test]
fn no_file_makes_it_panic() {
    let samples = [
        "# syntax=docker/dockerfile:1\n# escape=`\nARG A=${B:-c}\nFROM --platform=$BUILDPLATFORM a:$A AS b\nARG TARGETARCH\nCOPY --from=0 --exclude='x y' [\"a\", \"$TARGETARCH\"] /x\n",
        "FROM a AS b\nRUN --mount=type=bind,source=\"a,b\",target=/x <<EOF <<-'E 2'\n\tx\nEOF\n\tE 2\nONBUILD COPY a* b\nFROM b\nADD https://a/b.git#c:d?e=f /x\n",
        "FROM scratch\nENV A=\"b c\" D=${A%%*c}${A/b/$A}${A//\\//x}\nCOPY ${A#?} <<E /x\n$A\nE\nHEALTHCHECK CMD x\nSHELL [\"a\"]\nARG X Y='z'\n",
    ];
    let bits: [&[u8]; 14] = [
        b"$",
        b"${",
        b"}",
        b"<<",
        b"\\",
        b"\n",
        b"\"",
        b"'",
        b"\xff",
        b"--",
        b"[",
        b"/",
        b":-",
        "é\u{a0}".as_bytes(),
    ];
    let requests = [
        request(),
        platforms(&["linux/amd64", "windows/amd64"]),
        volatile("A"),
        contexts(&[("b", Context::Files)]),
    ];
    let mut random = Random(1);
    let mut read_well = 0;
    for round in 0..6000 {
        let mut bytes = samples[round % samples.len()].as_bytes().to_vec();
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len());
            match random.below(3) {
                0 => bytes.truncate(at),
                1 => drop(bytes.splice(at..(at + random.below(4)).min(bytes.len()), [])),
                _ => drop(bytes.splice(at..at, bits[random.below(bits.len())].iter().copied())),
            }
        }
        let request = &requests[random.below(requests.len())];
        read_well += usize::from(read(&bytes, request).is_ok());
        drop(image_names(&bytes, request));
    }
    assert!((500..5500).contains(&read_well), "both kinds of files are tried: {read_well}");
}

#[test]
fn values_that_grow_without_end_are_refused() {
    let mut file = "FROM scratch\nENV A=aaaaaaaaaaaaaaaa\n".to_owned();
    file.push_str(&"ENV A=$A$A\n".repeat(60));
    assert!(errors(&file, &request())[0].contains("expand to more than"));
}
