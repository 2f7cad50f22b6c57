//! Whatever bytes the files of a commit have, assessing it ends with images or with errors that say where.

#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::path::Path;

use super::{Defined, Snapshot, assess};
use crate::config;
use crate::dockerfile::Readings;
use crate::tree::Memory;

/// Numbers that look random and are the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % end.max(1)
    }

    /// The sample with a few of its bytes cut, replaced or added.
    fn edit(&mut self, sample: &str) -> Vec<u8> {
        let mut bytes = sample.as_bytes().to_vec();
        for _ in 0..self.below(4) {
            let at = self.below(bytes.len());
            let end = (at + self.below(4)).min(bytes.len());
            let piece = PIECES[self.below(PIECES.len())];
            bytes.splice(at..end, piece.bytes());
        }
        if self.below(40) == 0 {
            bytes.push(0xff);
        }
        bytes
    }
}

const PIECES: &[&str] = &[
    "",
    "*",
    "**",
    "?",
    "[",
    "]",
    "[^a-",
    "\\",
    "/",
    "//",
    "..",
    "../",
    ".",
    "!",
    "#",
    "\n",
    "\r\n",
    "\u{feff}",
    "\0",
    "$A",
    "${A:-",
    "}",
    "\"",
    "'",
    "app",
    "app/",
    "link",
    "sub",
    "COPY ",
    "--from=",
    "--parents ",
    "<<E",
    " ",
    "\t",
];

const TOML: &str = r#"
[image]
context = "app"
dockerfile = "app/Dockerfile"
extra-inputs = ["certs/**", "*.txt"]
generated = { "app/dist/" = ["app/src/**"] }
contexts = { other = "lib", base = "image:base" }
build-args = { A = "x" }
volatile-args = ["SHA"]
[images.base]
inputs = ["lib/**"]
dockerfile = "lib/Dockerfile"
"#;

const DOCKERFILE: &str = "ARG A\nFROM base AS one\nARG A SHA\nCOPY src/*.c link/ dist $A* /x/\nCOPY --from=other . /o\n\
                          RUN --mount=type=bind,source=src,target=/m make\nFROM scratch\nCOPY --from=one /x /\n\
                          COPY --parents sub/./deep/**/f /\nADD --exclude=*.md . /all\n";

const IGNORE: &str = "*\n!src\nsrc/**/skip\n!/link\n!x\n!dist\n!sub/deep\n# a comment\n[a-c]?\n";

#[test]
fn no_commit_makes_it_panic() {
    let mut random = Random(7);
    let (mut right, mut wrong) = (0, 0);
    for _ in 0..1200 {
        // One file at a time is changed, so that what lies behind it is reached.
        let turn = random.below(4);
        let mut of = |own: usize, sample: &str| {
            if turn == own || random.below(10) == 0 {
                random.edit(sample)
            } else {
                sample.as_bytes().to_vec()
            }
        };
        let (toml, dockerfile) = (of(0, TOML), of(1, DOCKERFILE));
        let (ignore, link, attributes) = (of(2, IGNORE), of(3, "src"), of(3, "*.c text eol=crlf\n"));
        let toml = String::from_utf8_lossy(&toml).into_owned();
        let Ok(config) = config::parse("imgplan.toml", &toml, Path::new("")) else { continue };
        let files: [(&str, &[u8]); 13] = [
            ("app/Dockerfile", &dockerfile),
            ("app/.dockerignore", &ignore),
            ("app/link@", &link),
            (".gitattributes", &attributes),
            ("app/src/a.c", b"a"),
            ("app/src/skip", b"a"),
            ("app/sub/deep/er/f*", b"f"),
            ("app/x.txt", b"x"),
            ("app/loop@", b"loop"),
            ("app/mod^", b"m"),
            ("certs/ca.pem", b"c"),
            ("lib/Dockerfile", b"FROM debian\nCOPY . /\n"),
            ("lib/a", b"a"),
        ];
        let (objects, tree) = Memory::new(files);
        let defined = |(index, image): (usize, config::Image)| Defined {
            name: match &image.id {
                config::ImageId::Own => "own".to_owned(),
                config::ImageId::Named(name) => name.clone(),
            },
            known_as: Vec::new(),
            image: config::Image { salt: index.to_string(), ..image },
        };
        let definitions: Vec<Defined> = config.images.into_iter().enumerate().map(defined).collect();
        let snapshot =
            Snapshot { objects: &objects, tree, is_commit_tag: &|_| false, readings: &Readings::default() };
        let project = assess(snapshot, &definitions, &|_| true);
        for error in &project.errors.0 {
            assert!(error.place().is_some(), "no place: {error:?}\n{toml}");
        }
        if project.errors.0.is_empty() {
            right += 1;
            assert_eq!(project.images.len(), definitions.len());
        } else {
            wrong += 1;
        }
    }
    assert!(right > 100 && wrong > 100, "both kinds are tried: {right} right, {wrong} wrong");
}
