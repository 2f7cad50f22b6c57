//! The Dockerfile parser: any bytes, under any request, end with a reading or with faults that have a place.
//!
//! An input is a Dockerfile as it would stand on a disk; what follows its last NUL byte, if it has one, is the
//! request ([`Asked`]). So a seed is a plain file, and what is found can be read without a decoder.

#![no_main]

use std::collections::{BTreeMap, BTreeSet};

use arbitrary::{Arbitrary, Unstructured};
use imgplan::dockerfile::{self, Context, Legacy, Origin, Parent, Reading, Request};
use imgplan::reference::Platform;
use libfuzzer_sys::fuzz_target;

/// What a request is made from.
#[derive(Debug, Default, Arbitrary)]
struct Asked {
    target: Option<Word>,
    build_args: Vec<(Word, Word)>,
    volatile_args: Vec<Word>,
    platforms: Vec<u8>,
    contexts: Vec<(Word, Behind)>,
    parents: Vec<(Word, Word)>,
}

/// A name: mostly one that Dockerfiles of the corpus use, so that requests and files meet.
#[derive(Debug, Arbitrary)]
enum Word {
    Known(u8),
    Own(String),
}

#[derive(Debug, Arbitrary)]
enum Behind {
    Parent(Word),
    Image(Word),
    Files,
    Remote,
}

const WORDS: &[&str] = &[
    "a",
    "b",
    "base",
    "build",
    "debian",
    "debian:12",
    "docker-image://alpine:3",
    "A",
    "B",
    "VERSION",
    "TARGETARCH",
    "BUILDKIT_SYNTAX",
    "docker/dockerfile:1",
    "SOURCE_DATE_EPOCH",
    "0",
    "src/*",
    "${A}",
    "COPY . /",
    "RUN --mount=type=bind,source=s,target=/t x",
    "",
];
const PLATFORMS: &[&str] = &["linux/amd64", "linux/arm64", "linux/arm/v7", "windows/amd64"];

impl Word {
    fn text(self) -> String {
        match self {
            Word::Known(number) => WORDS[usize::from(number) % WORDS.len()].to_owned(),
            Word::Own(text) => text,
        }
    }
}

impl Asked {
    fn request(self) -> Request {
        let platform = |number: u8| Platform::parse(PLATFORMS[usize::from(number) % PLATFORMS.len()]).ok();
        // As the configuration has them: sorted, each once.
        let platforms: BTreeSet<Platform> = self.platforms.into_iter().filter_map(platform).collect();
        Request {
            file: "Dockerfile".to_owned(),
            target: self.target.map(Word::text),
            build_args: self
                .build_args
                .into_iter()
                .map(|(name, value)| (name.text(), value.text()))
                .collect(),
            volatile_args: self.volatile_args.into_iter().map(Word::text).collect(),
            platforms: platforms.into_iter().collect(),
            contexts: self
                .contexts
                .into_iter()
                .map(|(name, behind)| (name.text(), behind.context()))
                .collect(),
            parents: self.parents.into_iter().map(|(name, onbuild)| (name.text(), parent(onbuild))).collect(),
        }
    }
}

impl Behind {
    fn context(self) -> Context {
        match self {
            Behind::Parent(onbuild) => Context::Parent(parent(onbuild)),
            Behind::Image(name) => Context::Image(name.text()),
            Behind::Files => Context::Files,
            Behind::Remote => Context::Remote,
        }
    }
}

fn parent(onbuild: Word) -> Parent {
    let env = BTreeMap::from([("A".to_owned(), "from the parent".to_owned())]);
    Parent {
        image: "parent".to_owned(),
        legacy: Legacy { env, unknown_env: false, onbuild: vec![onbuild.text()] },
    }
}

fuzz_target!(|data: &[u8]| {
    let nul = data.iter().rposition(|byte| *byte == 0);
    let (file, asked) = match nul {
        Some(at) => {
            (&data[..at], Asked::arbitrary(&mut Unstructured::new(&data[at + 1..])).unwrap_or_default())
        }
        None => (data, Asked::default()),
    };
    let request = asked.request();
    let names = dockerfile::image_names(file, &request);
    match dockerfile::read(file, &request) {
        Ok(reading) => {
            assert!(names.is_ok(), "a file that can be read has names: {names:?}");
            check(file, &request, &reading);
            unchanged(file, &request, &reading);
        }
        Err(errors) => {
            assert!(names.is_err(), "a file that cannot be read has no names: {names:?}");
            assert!(!errors.0.is_empty());
            let lines = lines(file);
            for error in &errors.0 {
                let place = error.place().expect("every fault has a place");
                assert!(place.line.is_some_and(|line| (1..=lines).contains(&line)), "{error}");
                assert!(place.column.is_none_or(|column| column >= 1), "{error}");
            }
        }
    }
});

/// What holds for every reading.
fn check(file: &[u8], request: &Request, reading: &Reading) {
    let lines = lines(file);
    let inside = |line: usize| (1..=lines).contains(&line);
    assert!(reading.warnings.is_sorted());
    assert!(reading.bases.is_sorted());
    assert!(reading.warnings.iter().all(|warning| inside(warning.line)), "{:?}", reading.warnings);
    assert!(reading.reads.iter().all(|read| inside(read.line)), "{:?}", reading.reads);
    assert!(reading.bases.iter().all(|base| inside(base.line)), "{:?}", reading.bases);
    assert!(reading.remotes.iter().all(|remote| inside(remote.line)), "{:?}", reading.remotes);
    for (name, value) in &reading.args {
        assert_eq!(request.build_args.get(name), Some(value));
        assert!(!request.volatile_args.contains(name), "{name}");
    }
    assert!(reading.volatile.keys().all(|name| request.volatile_args.contains(name)));
    let named =
        |context: &Option<String>| context.as_ref().is_none_or(|name| request.contexts.contains_key(name));
    assert!(reading.reads.iter().all(|read| named(&read.context)), "{:?}", reading.reads);
    let origins = reading.stages.iter().flat_map(|stage| {
        let copied = stage.instructions.iter().flat_map(|instruction| &instruction.from);
        stage.from.iter().chain(copied)
    });
    for origin in origins {
        match origin {
            Origin::Stage(index) => assert!(*index < reading.stages.len(), "{origin:?}"),
            Origin::Context(name) => assert!(request.contexts.contains_key(name), "{origin:?}"),
            _ => {}
        }
    }
    // Nothing may be read without being counted: a doubt widens.
    assert!(reading.whole_file.is_some() || !reading.stages.is_empty());
}

/// What changes nothing that a build reads changes nothing in the reading.
fn unchanged(file: &[u8], request: &Request, reading: &Reading) {
    let as_text = |reading: &Reading| format!("{reading:?}");
    let again = |file: &[u8], request: &Request| {
        let reading = dockerfile::read(file, request).expect("a file that was read before");
        as_text(&reading)
    };
    let text = as_text(reading);
    assert_eq!(again(file, request), text, "two readings of one file");
    if reading.whole_file.is_some() {
        return;
    }
    assert_eq!(again(&[file, b"\n# the end\n"].concat(), request), text, "a comment at the end");
    const UNUSED: &str = "NO_FILE_DECLARES_THIS";
    let mut more = request.clone();
    more.build_args.insert(UNUSED.to_owned(), "1".to_owned());
    more.contexts.insert(UNUSED.to_lowercase(), Context::Files);
    assert_eq!(again(file, &more), text, "an argument and a context that nothing names");
}

fn lines(file: &[u8]) -> usize {
    file.iter().filter(|byte| **byte == b'\n').count() + 1
}
