//! The parts of a hash by themselves, in this process: parsing a long Dockerfile, matching an ignore file, collecting
//! the inputs of a large commit, and hashing them.
//!
//! For whoever changes one of them. What a user waits for is measured by the other benches.
//!
//! `cargo bench --bench parts`

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used
)]

#[allow(dead_code)]
mod measure;

use std::path::Path;
use std::time::Duration;

use imgplan::config::{self, Image};
use imgplan::content_hash::{Definition, Preimage};
use imgplan::dockerfile::{self, Request};
use imgplan::ignore::Ignore;
use imgplan::inputs::{self, Inputs, locate};
use imgplan::reference::Platform;
use imgplan::tree::{Id, Memory};

const TIMES: usize = 20;
const FILES: usize = 100_000;
const STAGES: usize = 40;
const IGNORE: &str = ".git\n**/*.md\n**/node_modules\n/docs\n*.log\n!docs/keep\nbuild/*/tmp\n";

fn main() {
    let row = |name: &str, took: Duration, amount: usize, unit: &str| {
        let each = took.as_secs_f64() * 1e9 / amount as f64;
        println!("{name:<48} {:>10}  {each:>8.0} ns for each of {amount} {unit}", measure::ms(took));
    };
    let dockerfile = long_dockerfile();
    let lines = dockerfile.lines().count();
    let request = Request { file: "Dockerfile".to_owned(), ..Request::default() };
    let took = measure::repeated(TIMES, || dockerfile::read(dockerfile.as_bytes(), &request).unwrap());
    row("a Dockerfile is parsed and evaluated", took, lines, "lines");

    let paths: Vec<String> = paths().collect();
    let ignore = Ignore::parse(".dockerignore", IGNORE.as_bytes()).unwrap();
    let took = measure::repeated(TIMES, || {
        paths.iter().filter(|path| ignore.ignored_by(path.as_str().into()).is_some()).count()
    });
    row("an ignore file is asked about single paths", took, paths.len(), "paths");

    for (name, attributes) in [
        ("the inputs are collected", None),
        ("the same with .gitattributes", Some("*.png filter=lfs\n*.txt text eol=lf\n")),
    ] {
        let commit = Commit::new(&paths, attributes);
        let took = measure::repeated(TIMES, || commit.inputs());
        row(name, took, FILES, "files");
    }
    let commit = Commit::new(&paths, None);
    let inputs = commit.inputs();
    let reading = dockerfile::read(DOCKERFILE.as_bytes(), &request).unwrap();
    let platforms: [Platform; 0] = [];
    let took = measure::repeated(TIMES, || {
        let definition = Definition {
            reading: &reading,
            inputs: &inputs,
            platforms: &platforms,
            salt: "",
            parents: &|_| None,
        };
        Preimage::new(&definition).hash()
    });
    row("the inputs are hashed", took, inputs.files.len(), "files");
    println!("medians of {TIMES}");
}

const DOCKERFILE: &str = "FROM scratch\nCOPY . .\n";

struct Commit {
    objects: Memory,
    tree: Id,
    image: Image,
}

impl Commit {
    fn new(paths: &[String], attributes: Option<&str>) -> Commit {
        let files = paths.iter().map(|path| (path.as_str(), path.as_str()));
        let files = files.chain([("Dockerfile", DOCKERFILE), (".dockerignore", IGNORE)]);
        let (objects, tree) = Memory::new(files.chain(attributes.map(|text| (".gitattributes", text))));
        let images = config::parse("imgplan.toml", "[image]\n", Path::new("/")).unwrap().images;
        Commit { objects, tree, image: images.into_iter().next().unwrap() }
    }

    fn inputs(&self) -> Inputs {
        let Commit { objects, tree, image } = self;
        let located = locate::locate(objects, tree, image).unwrap();
        let request = Request { file: "Dockerfile".to_owned(), ..Request::default() };
        let reading = dockerfile::read(&located.dockerfile_bytes, &request).unwrap();
        inputs::collect(objects, tree, image, &located, &reading).unwrap()
    }
}

fn paths() -> impl Iterator<Item = String> {
    const ENDS: [&str; 8] = ["py", "go", "ts", "txt", "md", "json", "png", "log"];
    (0..FILES).map(|file| {
        let folder = file / 50;
        format!(
            "part{:02}/module{:03}/src/file_{file:06}.{}",
            folder % 40,
            folder / 40,
            ENDS[file % ENDS.len()]
        )
    })
}

/// Stages as they are written: arguments, heredocs, mounts, continuations, copies between stages.
fn long_dockerfile() -> String {
    let stage = |number: usize| {
        let last = number.saturating_sub(1);
        let from = if number == 0 { String::new() } else { format!("COPY --from=stage{last} /out /in\n") };
        format!(
            "\n# Stage {number}\nFROM debian:${{RELEASE:-bookworm}}-slim AS stage{number}\nARG VERSION=1.{number}\n\
             ENV PATH=/opt/stage{number}/bin:$PATH \\\n    LANG=C.UTF-8 \\\n    VERSION=${{VERSION}}\n\
             WORKDIR /srv/stage{number}\n{from}\
             RUN --mount=type=cache,target=/var/cache/apt \\\n    --mount=type=bind,source=scripts,target=/scripts \\\n    \
             apt-get update && \\\n    # what it needs\n    apt-get install -y --no-install-recommends \\\n      \
             ca-certificates \\\n      curl \\\n      git && \\\n    rm -rf /var/lib/apt/lists/*\n\
             COPY --chown=1000:1000 package.json package-lock.json ./\nCOPY --link [\"src/stage{number}\", \"./src/\"]\n\
             COPY <<EOF /etc/stage{number}.conf\nname = stage{number}\nversion = ${{VERSION}}\nEOF\n\
             RUN <<'SCRIPT'\nset -eu\nfor file in src/*; do\n  echo \"$file\"\ndone\nSCRIPT\n\
             LABEL org.opencontainers.image.title=\"stage {number}\"\nEXPOSE 80{number:02}\n\
             HEALTHCHECK --interval=5m CMD curl -f http://localhost/ || exit 1\nCMD [\"/opt/stage{number}/bin/run\", \"--all\"]\n"
        )
    };
    let stages: String = (0..STAGES).map(stage).collect();
    format!("# syntax=docker/dockerfile:1\nARG RELEASE=bookworm\n{stages}")
}
