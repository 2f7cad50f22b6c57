//! What bakes the commit in, and what only looks like it.

use super::*;
use crate::dockerfile::{Request, read};

fn found(dockerfile: &str, args: &[(&str, &str)], git: &[usize], target: Option<&str>) -> Vec<String> {
    let request = Request {
        file: "Dockerfile".to_owned(),
        target: target.map(str::to_owned),
        build_args: args.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ..Request::default()
    };
    let reading = read(dockerfile.as_bytes(), &request).unwrap();
    let surroundings =
        Surroundings { args: args.iter().copied().collect(), git: git.iter().copied().collect() };
    baked(&reading, &surroundings)
        .into_iter()
        .map(|baked| format!("{}: {}", baked.line, baked.what))
        .collect()
}

fn plainly(dockerfile: &str) -> Vec<String> {
    found(dockerfile, &[], &[], None)
}

#[test]
fn arguments_that_are_used_are_found() {
    for (body, expected) in [
        ("ARG GIT_SHA\nENV GIT_SHA=$GIT_SHA", "3: ENV GIT_SHA=$GIT_SHA"),
        ("ARG GIT_SHA\nENV GIT_SHA $GIT_SHA", "3: ENV GIT_SHA=$GIT_SHA"),
        ("ARG git_commit=unknown\nRUN echo ${git_commit:-none} >/v", "3: RUN … $git_commit"),
        (
            "ARG BUILD_DATE VCS_REF\nLABEL a=b x=\"$VCS_REF at ${BUILD_DATE}\"",
            "3: LABEL x=\"$VCS_REF at ${BUILD_DATE}\"",
        ),
        (
            "ARG R\nLABEL org.opencontainers.image.revision=$R",
            "3: LABEL org.opencontainers.image.revision=$R",
        ),
        (
            "ARG V\nLABEL org.opencontainers.image.version=\"$V\"",
            "3: LABEL org.opencontainers.image.version=\"$V\"",
        ),
        ("ARG COMMIT_SHA\nARG VERSION=1.0-$COMMIT_SHA\nRUN make V=$VERSION", "4: RUN … $VERSION"),
    ] {
        assert_eq!(plainly(&format!("FROM scratch\n{body}\n")), [expected], "{body}");
    }
}

#[test]
fn what_only_looks_like_it_is_not_found() {
    for body in [
        "ARG GIT_SHA",
        "ENV GIT_SHA=$GIT_SHA",
        "ARG GIT_SHA_TOOL\nRUN echo $GIT_SHA_TOOL",
        "ARG GOLANG_COMMIT\nRUN fetch $GOLANG_COMMIT",
        "ARG COMMIT\nRUN git clone https://x && git checkout $COMMIT",
        "ARG COMMIT=0123abc\nRUN fetch $COMMIT",
        "ARG FILE_SHA256=ab\nRUN echo $FILE_SHA256",
        "ARG V=1.2\nLABEL org.opencontainers.image.version=$V",
        "ENV V=1.2\nLABEL org.opencontainers.image.version=$V org.opencontainers.image.revision=$V",
        "RUN now=$(date +%s) && git rev-parse HEAD >/v",
    ] {
        assert_eq!(plainly(&format!("FROM scratch\n{body}\n")), [""; 0], "{body}");
    }
}

#[test]
fn a_value_that_the_configuration_fixes_is_none_unless_it_is_a_commit() {
    let text =
        "ARG REVISION=x\nFROM scratch\nARG REVISION\nLABEL org.opencontainers.image.revision=$REVISION\n";
    let with = |value: &str| found(text, &[("REVISION", value)], &[], None).len();
    assert_eq!(found(text, &[], &[], None).len(), 1);
    assert_eq!((with("3"), with("stable"), with(&"ab".repeat(20)), with("c0ffee1")), (0, 0, 1, 1));
}

#[test]
fn only_stages_that_are_reached_count_and_arguments_are_inherited() {
    let text = "FROM scratch AS base\nARG GIT_SHA\nFROM scratch AS other\nRUN echo $GIT_SHA\nFROM base AS app\nENV A=$GIT_SHA\n";
    assert_eq!(plainly(text), ["6: ENV A=$GIT_SHA"]);
    assert_eq!(found(text, &[], &[], Some("other")), [""; 0], "it declares no such argument");
    assert_eq!(found(text, &[], &[], Some("base")), [""; 0]);
    let global = "ARG GIT_SHA\nFROM scratch\nRUN echo $GIT_SHA\n";
    assert_eq!(plainly(global), [""; 0], "a global argument is not seen in a stage that does not declare it");
}

#[test]
fn git_is_asked_where_the_stage_sees_it() {
    let text = "FROM a AS build\nRUN git describe\nCOPY . .\nRUN V=$(git describe --tags) make\nFROM b\n\
                COPY --from=build /src /src\nRUN git -C /other log\nRUN cd /src && git rev-parse HEAD >v\n";
    assert_eq!(found(text, &[], &[3], None), ["4: RUN … git describe", "8: RUN … git rev-parse"]);
    assert_eq!(plainly(text), [""; 0]);
    let mount = "FROM a\nRUN --mount=target=. git log -1\nRUN git log -1\n";
    assert_eq!(found(mount, &[], &[2], None), ["2: RUN … git log"]);
}
