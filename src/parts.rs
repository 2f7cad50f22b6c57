//! What counts of an image besides its files: instructions, arguments, base images, parents, and what is configured.
//!
//! One [`Part`] for each value of the content hash's definition records, in their order, with the line or key that it
//! comes from. It is made from the records themselves, so that nothing which counts can be left out: two images whose
//! parts and files are alike have one hash. Pure; it must not know who shows the parts or compares them.

use crate::content_hash::Record;
use crate::dockerfile::{Instruction, Origin, Stage};
use crate::error::Place;
use crate::project::Assessed;

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The version of the hash's rules.
    Scheme,
    /// `salt`
    Salt,
    /// `platforms`, all of them.
    Platforms,
    /// The frontend that the file or `BUILDKIT_SYNTAX` names.
    Syntax,
    /// An `ARG` before the first `FROM` that something uses.
    GlobalArg,
    /// The beginning of a stage.
    Stage,
    /// `--platform` of its `FROM`.
    StagePlatform,
    /// `scratch`
    Scratch,
    /// Another stage of the file.
    OtherStage,
    /// An image from outside the plan, by its name.
    BaseImage,
    /// A named context of files.
    NamedContext,
    /// An image of the plan, by its content hash.
    Parent,
    /// An instruction as parsed.
    Instruction,
    /// An instruction that is not known here.
    NotKnown,
    /// `target`, where the whole file counts.
    Target,
    /// A named context, where the whole file counts.
    ConfiguredContext,
    /// A build argument that something declares.
    BuildArg,
    /// The address of a context that only the builder can read.
    ContextAddress,
    /// The Dockerfile's bytes.
    Dockerfile,
    /// Git attributes that change them on disk.
    DockerfileAttributes,
    /// A path that is generated before the build.
    Generated,
    /// Where a context is.
    ContextFolder,
    /// A pattern of an ignore file.
    IgnorePattern,
    /// A record that has no name here.
    Other,
}

impl Kind {
    /// Its name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Scheme => "scheme",
            Kind::Salt => "salt",
            Kind::Platforms => "platforms",
            Kind::Syntax => "syntax",
            Kind::GlobalArg => "global-arg",
            Kind::Stage => "stage",
            Kind::StagePlatform => "stage-platform",
            Kind::Scratch => "scratch",
            Kind::OtherStage => "other-stage",
            Kind::BaseImage => "base-image",
            Kind::NamedContext => "named-context",
            Kind::Parent => "parent",
            Kind::Instruction => "instruction",
            Kind::NotKnown => "not-known",
            Kind::Target => "target",
            Kind::ConfiguredContext => "configured-context",
            Kind::BuildArg => "build-arg",
            Kind::ContextAddress => "context-address",
            Kind::Dockerfile => "dockerfile",
            Kind::DockerfileAttributes => "dockerfile-attributes",
            Kind::Generated => "generated",
            Kind::ContextFolder => "context-folder",
            Kind::IgnorePattern => "ignore-pattern",
            Kind::Other => "other",
        }
    }
}

/// One value that counts.
#[derive(Debug, Clone)]
pub struct Part {
    /// What it is.
    pub kind: Kind,
    /// Which of its kind: an argument's, a context's, an image's name, an instruction's keyword; else empty.
    pub name: String,
    /// What it says, for people and JSON; empty where it only says that nothing is set.
    pub text: String,
    /// The line or key that it comes from.
    pub place: Place,
    /// What is hashed of it.
    record: (&'static str, Vec<Vec<u8>>),
}

impl Part {
    /// Whether both add the same to a hash.
    pub fn is_same(&self, other: &Part) -> bool {
        // The numbers of stages only count them.
        let counted = (self.kind, other.kind) == (Kind::Stage, Kind::Stage);
        counted || self.record == other.record
    }

    /// Whether one may be what became of the other.
    pub fn is_like(&self, other: &Part) -> bool {
        let named = matches!(
            self.kind,
            Kind::Instruction
                | Kind::BuildArg
                | Kind::ContextAddress
                | Kind::ConfiguredContext
                | Kind::Parent
        );
        self.kind == other.kind && self.record.0 == other.record.0 && (!named || self.name == other.name)
    }

    /// Whether it says that nothing is set, which every image says of many things.
    pub fn is_nothing(&self) -> bool {
        self.text.is_empty()
    }
}

/// The parts of an image, in the order of the hash's records.
pub fn of(assessed: &Assessed) -> Vec<Part> {
    let mut parts = Parts { assessed, stages: Stages::default(), found: Vec::new() };
    assessed.preimage.definition().iter().for_each(|record| parts.record(record));
    parts.found
}

/// Where in the reading's stages the records stand.
#[derive(Default)]
struct Stages<'a> {
    next: usize,
    stage: Option<&'a Stage>,
    instructions: std::slice::Iter<'a, Instruction>,
    line: usize,
    origins: std::slice::Iter<'a, Origin>,
}

struct Parts<'a> {
    assessed: &'a Assessed,
    stages: Stages<'a>,
    found: Vec<Part>,
}

impl Parts<'_> {
    fn record(&mut self, record: &Record) {
        let values: Vec<String> =
            record.values.iter().map(|value| String::from_utf8_lossy(value).into_owned()).collect();
        let value = |index: usize| values.get(index).cloned().unwrap_or_default();
        match record.name {
            "imgplan content hash" => self.add(Kind::Scheme, "", value(0), self.dockerfile(), record),
            "salt" => self.add(Kind::Salt, "", value(0), self.key("salt"), record),
            "platforms" => {
                self.add(Kind::Platforms, "", values.join(", "), self.key("platforms"), record);
            }
            "syntax" => {
                let place = self.line(self.assessed.reading.syntax_line.unwrap_or(1));
                self.add(Kind::Syntax, "", values.concat(), place, record);
            }
            "global args" => self.each(Kind::GlobalArg, 0, record),
            "not known" => self.each(Kind::NotKnown, 0, record),
            "stage" => self.stage(record),
            "platform" => {
                self.add(Kind::StagePlatform, "", values.concat(), self.line(self.stages.line), record);
            }
            "instruction" => self.instruction(value(0), record),
            "from" | "source" => {
                let origin = self.stages.origins.next().cloned();
                let place = self.line(self.stages.line);
                self.origin(origin, (value(0), value(1)), place, record);
            }
            "target" => self.add(Kind::Target, "", values.concat(), self.key("target"), record),
            "configured context" => {
                let place = self.key(&format!("contexts.{}", value(0)));
                self.add(Kind::ConfiguredContext, &value(0), value(0), place, record);
            }
            "context is" => {
                let name = self.found.last().map(|part| part.name.clone()).unwrap_or_default();
                let origin = self.assessed.reading.configured.contexts.get(&name).cloned();
                let place = self.key(&format!("contexts.{name}"));
                self.origin(origin, (value(0), value(1)), place, record);
            }
            "build arg" => {
                let place = self.key(&format!("build-args.{}", value(0)));
                self.add(Kind::BuildArg, &value(0), format!("{}={}", value(0), value(1)), place, record);
            }
            "context address" => {
                let place = self.key(&format!("contexts.{}", value(0)));
                self.add(
                    Kind::ContextAddress,
                    &value(0),
                    format!("{} = {}", value(0), value(1)),
                    place,
                    record,
                );
            }
            "dockerfile" => self.add(Kind::Dockerfile, "", value(0), self.dockerfile(), record),
            "dockerfile attributes" => {
                self.add(Kind::DockerfileAttributes, "", value(0), self.dockerfile(), record);
            }
            "generated" => {
                let place = self.key(&format!("generated.{}", value(0)));
                self.add(Kind::Generated, &value(0), value(0), place, record);
            }
            "folder" => {
                let (key, name) = match value(1) {
                    name if name.is_empty() => ("context".to_owned(), name),
                    name => (format!("contexts.{name}"), name),
                };
                let path = if value(2).is_empty() { ".".to_owned() } else { value(2) };
                self.add(Kind::ContextFolder, &name, path, self.key(&key), record);
            }
            "ignored" => self.each(Kind::IgnorePattern, 2, record),
            // A record that was added to the hash and not here is shown as it is.
            _ => self.add(Kind::Other, record.name, values.join(" "), self.dockerfile(), record),
        }
    }

    fn add(&mut self, kind: Kind, name: &str, text: String, place: Place, record: &Record) {
        let record = (record.name, record.values.clone());
        self.found.push(Part { kind, name: name.to_owned(), text, place, record });
    }

    /// One part for each value behind the first `shared`.
    fn each(&mut self, kind: Kind, shared: usize, record: &Record) {
        let (head, values) = record.values.split_at(shared.min(record.values.len()));
        for value in values {
            let text = String::from_utf8_lossy(value).into_owned();
            let place = match (kind, head.get(1)) {
                (Kind::GlobalArg, _) => match self.assessed.reading.global_lines.get(&text) {
                    Some(line) => self.line(*line),
                    None => self.dockerfile(),
                },
                (Kind::IgnorePattern, Some(name)) if name.is_empty() => {
                    Place::file(&self.assessed.located.ignore_shown)
                }
                (Kind::IgnorePattern, Some(name)) => {
                    self.key(&format!("contexts.{}", String::from_utf8_lossy(name)))
                }
                _ => self.dockerfile(),
            };
            let name = head.get(1).map(|name| String::from_utf8_lossy(name).into_owned());
            let values = head.iter().chain([value]).cloned().collect();
            let record = (record.name, values);
            self.found.push(Part { kind, name: name.unwrap_or_default(), text, place, record });
        }
    }

    fn stage(&mut self, record: &Record) {
        let stage = self.assessed.reading.stages.get(self.stages.next);
        self.stages = Stages {
            next: self.stages.next + 1,
            stage,
            instructions: stage.map(|stage| stage.instructions.iter()).unwrap_or_default(),
            line: stage.map_or(1, |stage| stage.line),
            origins: stage.map(|stage| stage.from.iter()).unwrap_or_default(),
        };
        let text = format!("FROM {}", stage.map(|stage| stage.written.as_str()).unwrap_or_default());
        self.add(Kind::Stage, "", text, self.line(self.stages.line), record);
    }

    fn instruction(&mut self, text: String, record: &Record) {
        let at = self.stages.instructions.next();
        // What stands for a platform has no line of its own.
        let from = self.stages.stage.map_or(1, |stage| stage.line);
        self.stages.line = at.map_or(from, |at| at.line).max(1);
        self.stages.origins = at.map(|at| at.from.iter()).unwrap_or_default();
        let keyword = text.split_whitespace().next().unwrap_or_default().to_owned();
        self.add(Kind::Instruction, &keyword, text, self.line(self.stages.line), record);
    }

    fn origin(
        &mut self,
        origin: Option<Origin>,
        (kind, value): (String, String),
        place: Place,
        record: &Record,
    ) {
        let (kind, name, text) = match (kind.as_str(), origin) {
            ("parent", Some(Origin::Parent(name))) => (Kind::Parent, name.clone(), format!("{name} {value}")),
            ("parent" | "parent name", _) => (Kind::Parent, value.clone(), value),
            ("image", _) => (Kind::BaseImage, value.clone(), value),
            ("context", _) => (Kind::NamedContext, value.clone(), value),
            ("stage", _) => {
                let stage = value.parse().ok().and_then(|at: usize| self.assessed.reading.stages.get(at));
                let line = stage.map(|stage| format!(" (line {})", stage.line)).unwrap_or_default();
                (Kind::OtherStage, value.clone(), format!("stage {value}{line}"))
            }
            ("scratch", _) => (Kind::Scratch, String::new(), "scratch".to_owned()),
            _ => (Kind::Other, String::new(), format!("{kind} {value}")),
        };
        self.add(kind, &name, text, place, record);
    }

    fn dockerfile(&self) -> Place {
        Place::file(&self.assessed.located.dockerfile_shown)
    }

    fn line(&self, line: usize) -> Place {
        Place::line(&self.assessed.located.dockerfile_shown, line)
    }

    /// A key of the image's table; the table where it is not set.
    fn key(&self, key: &str) -> Place {
        let image = &self.assessed.defined.image;
        image.places.get(key).unwrap_or(&image.place).clone()
    }
}
