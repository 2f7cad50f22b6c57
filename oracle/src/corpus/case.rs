//! One Dockerfile: what imgplan and BuildKit make of it, for each target and platform, and where they differ.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use imgplan::dockerfile::{self, Reading, Request};
use imgplan::error::Errors;
use imgplan::reference::Platform;

use super::cover;
use super::frontend::{Answer, Frontend, Question};
use super::variables;
use super::verdict::Verdict;

/// How a build is asked for, on both sides.
struct Round {
    name: &'static str,
    /// Platforms as configured for imgplan; where none are, a build on any builder must be covered.
    configured: Option<&'static str>,
    /// The platform for which BuildKit builds.
    builder: &'static str,
    /// Whether base images set every variable that the Dockerfile names.
    rich_bases: bool,
    /// Whether every variable that the Dockerfile names is given as an argument.
    every_arg: bool,
}

impl Round {
    const fn new(name: &'static str, configured: Option<&'static str>, builder: &'static str) -> Round {
        Round { name, configured, builder, rich_bases: false, every_arg: false }
    }
}

const PLAIN: Round = Round::new("amd64", None, "linux/amd64");

const ROUNDS: [Round; 6] = [
    PLAIN,
    Round::new("arm64", None, "linux/arm64"),
    Round::new("configured", Some("linux/amd64"), "linux/amd64"),
    Round::new("windows", Some("windows/amd64"), "windows/amd64"),
    Round { name: "rich bases", rich_bases: true, ..PLAIN },
    Round { name: "every argument", every_arg: true, ..PLAIN },
];

/// What arguments are given: a tag, a path, a port, a name.
const GIVEN: &str = "8080";

/// What base images set.
const SET: &str = "9090";

/// A Dockerfile of the corpus.
pub(super) struct Case {
    /// Repository and path, or where the literal stands.
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// What came of it.
pub(super) struct Judged {
    /// For the default target, with no platforms configured.
    pub(super) verdict: Verdict,
    /// The same with every argument given.
    pub(super) given: Verdict,
    /// imgplan's own words, where it says anything.
    pub(super) why: String,
    /// What was given for arguments without a default; empty where nothing had to be.
    pub(super) args: BTreeMap<String, String>,
    pub(super) counts: Counts,
    pub(super) differences: Vec<Difference>,
    reading: Option<Reading>,
}

/// What was compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Targets, the default one among them.
    pub(super) targets: usize,
    /// Builds: targets times rounds.
    pub(super) builds: usize,
    /// Builds that both refuse.
    pub(super) refused: usize,
    /// Reads of the context in BuildKit's graphs.
    pub(super) reads: usize,
}

/// Where imgplan and BuildKit differ on one build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) kind: Kind,
    /// Target and round.
    pub(super) build: String,
    /// What differs.
    pub(super) text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// BuildKit reads what imgplan does not count: a false hit waiting to happen.
    Lacking,
    /// imgplan refuses what BuildKit accepts.
    OnlyOurRefusal,
    /// BuildKit refuses what imgplan accepts: the build would fail, as BuildKit says.
    OnlyTheirRefusal,
    /// imgplan counts what BuildKit does not read.
    Extra,
}

impl Judged {
    fn of(read: Result<Reading, Errors>, args: BTreeMap<String, String>) -> Judged {
        let why = match &read {
            Err(errors) => errors.0.first().map_or_else(String::new, ToString::to_string),
            Ok(reading) => {
                reading.warnings.first().map_or_else(String::new, |warning| warning.message.clone())
            }
        };
        let verdict = Verdict::of(&read);
        Judged {
            given: verdict.clone(),
            verdict,
            why,
            args,
            counts: Counts::default(),
            differences: Vec::new(),
            reading: read.ok(),
        }
    }

    /// Of what is no Dockerfile.
    pub(super) fn template() -> Judged {
        Judged {
            verdict: Verdict::Template,
            given: Verdict::Template,
            why: String::new(),
            args: BTreeMap::new(),
            counts: Counts::default(),
            differences: Vec::new(),
            reading: None,
        }
    }

    /// What imgplan says for the default target, if it does not refuse.
    pub(super) fn reading(&self) -> Option<&Reading> {
        self.reading.as_ref()
    }
}

impl Case {
    /// Reads it both ways.
    pub(super) fn judge(&self, frontend: &mut Frontend) -> Result<Judged> {
        let mut args = BTreeMap::new();
        let mut answer = self.ask(frontend, None, &args, &PLAIN)?;
        if answer.error.is_some() && !answer.open.is_empty() {
            args.extend(answer.open.iter().map(|name| (name.clone(), GIVEN.to_owned())));
            answer = self.ask(frontend, None, &args, &PLAIN)?;
        }
        let read = self.read(None, &args, &PLAIN)?;
        let mut every = args.clone();
        every.extend(variables::settable(&self.bytes).map(|name| (name, GIVEN.to_owned())));
        let given = Verdict::of(&self.read(None, &every, &PLAIN)?);
        let mut judged = Judged { given, ..Judged::of(read, args) };
        let targets = std::iter::once(None).chain(answer.stages.iter().map(|name| Some(name.as_str())));
        for target in targets {
            judged.counts.targets += 1;
            for round in &ROUNDS {
                let args = if round.every_arg { &every } else { &judged.args };
                let theirs = self.ask(frontend, target, args, round)?;
                let ours = self.read(target, args, round)?;
                let build = format!("target {}, {}", target.unwrap_or("-"), round.name);
                compare(&ours, &theirs, &build, &mut judged);
            }
        }
        Ok(judged)
    }

    fn ask(
        &self,
        frontend: &mut Frontend,
        target: Option<&str>,
        args: &BTreeMap<String, String>,
        round: &Round,
    ) -> Result<Answer> {
        let env: Vec<String> = match round.rich_bases {
            true => variables::named(&self.bytes).map(|name| format!("{name}={SET}")).collect(),
            false => Vec::new(),
        };
        let question = Question { dockerfile: &self.bytes, target, args, platform: round.builder, env: &env };
        frontend.ask(&question).with_context(|| self.name.clone())
    }

    fn read(
        &self,
        target: Option<&str>,
        args: &BTreeMap<String, String>,
        round: &Round,
    ) -> Result<Result<Reading, Errors>> {
        let platforms = round.configured.map(Platform::parse).transpose()?;
        let request = Request {
            file: "Dockerfile".to_owned(),
            target: target.map(str::to_owned),
            build_args: args.clone(),
            platforms: platforms.into_iter().collect(),
            ..Request::default()
        };
        Ok(dockerfile::read(&self.bytes, &request))
    }
}

/// Notes how one build differs.
pub(super) fn compare(ours: &Result<Reading, Errors>, theirs: &Answer, build: &str, judged: &mut Judged) {
    let mut differ = |kind, text: String| {
        judged.differences.push(Difference { kind, build: build.to_owned(), text });
    };
    judged.counts.builds += 1;
    let reading = match (ours, &theirs.error) {
        (Err(_), Some(_)) => {
            judged.counts.refused += 1;
            return;
        }
        (Err(errors), None) => {
            let text = errors.0.first().map_or_else(String::new, ToString::to_string);
            return differ(Kind::OnlyOurRefusal, text);
        }
        (Ok(_), Some(error)) => return differ(Kind::OnlyTheirRefusal, error.clone()),
        (Ok(reading), None) => reading,
    };
    judged.counts.reads += theirs.reads.len();
    let main = || reading.reads.iter().filter(|read| read.context.is_none());
    for read in &theirs.reads {
        if !main().any(|ours| cover::covers(&ours.what, read)) {
            differ(Kind::Lacking, format!("{read:?}"));
        }
    }
    for ours in main() {
        for source in cover::extra(&ours.what, &theirs.reads) {
            differ(Kind::Extra, format!("{source} of line {}: {}", ours.line, ours.instruction));
        }
    }
}
