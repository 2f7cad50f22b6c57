//! The arguments that are set before the first stage: the global `ARG`s and what the platform sets
//! (`buildMetaArgs` and `defaultArgs` in `frontend/dockerfile/dockerfile2llb/{convert,platform}.go`).

use std::collections::{BTreeMap, BTreeSet};

use crate::reference::Platform;

use super::Request;
use super::fault::Fault;
use super::instruction::{Instruction, Kind};
use super::text::{Cause, Hole, Reach, Text};
use super::word::{self, Value, Variables};

/// The epoch that BuildKit reads whether an `ARG` declares it or not.
pub(super) const EPOCH: &str = "SOURCE_DATE_EPOCH";

/// The arguments that are set before the first `FROM`, and where they come from.
#[derive(Debug, Default)]
pub(super) struct Globals {
    values: BTreeMap<String, Text>,
    /// Which global arguments went into each.
    parts: BTreeMap<String, BTreeSet<String>>,
    pairs: Vec<Pair>,
}

/// One `NAME=default` of a global `ARG`.
#[derive(Debug)]
struct Pair {
    line: usize,
    name: String,
    default: Option<String>,
}

impl Variables for Globals {
    fn value(&self, name: &str) -> Value {
        self.values.get(name).map_or(Value::Unset, |text| Value::Set(text.clone()))
    }
}

impl Globals {
    /// Reads the `ARG`s before the first `FROM`. `target` is what `TARGETSTAGE` holds.
    pub(super) fn read(
        instructions: &[Instruction],
        request: &Request,
        platform: Option<&Platform>,
        target: &str,
        escape: char,
    ) -> (Globals, Vec<Fault>) {
        let mut globals = Globals { values: platform_values(platform, target), ..Globals::default() };
        for (name, text) in &mut globals.values {
            if let Some(given) = given(request, name) {
                *text = given;
            }
        }
        let mut faults = Vec::new();
        for instruction in instructions {
            let Kind::Arg(pairs) = &instruction.kind else { continue };
            for (name, default) in pairs {
                if let Err(message) =
                    globals.declare(instruction.line, name, default.as_deref(), request, escape)
                {
                    faults.push(Fault::new(instruction.line, instruction.column, message));
                }
            }
        }
        globals.normalise_epoch(request);
        (globals, faults)
    }

    fn declare(
        &mut self,
        line: usize,
        name: &str,
        default: Option<&str>,
        request: &Request,
        escape: char,
    ) -> Result<(), String> {
        self.pairs.push(Pair { line, name: name.to_owned(), default: default.map(str::to_owned) });
        if let Some(given) = given(request, name) {
            self.values.insert(name.to_owned(), given);
        } else if let Some(default) = default {
            let expansion = word::expand(default, escape, self)?;
            self.parts.entry(name.to_owned()).or_default().extend(expansion.used);
            self.values.insert(name.to_owned(), expansion.text);
        }
        Ok(())
    }

    /// BuildKit writes the number anew (`formatSourceDateEpochValue`).
    fn normalise_epoch(&mut self, request: &Request) {
        if let Some(number) = epoch(self, request).and_then(|value| go_integer(&value))
            && let Some(text) = self.values.get_mut(EPOCH)
        {
            *text = Text::known(&number.to_string());
        }
    }

    /// Whether a global argument of this name has a value.
    pub(super) fn get(&self, name: &str) -> Option<&Text> {
        self.values.get(name)
    }

    /// These names and all that went into their values.
    pub(super) fn closure(&self, names: &BTreeSet<String>) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        let mut left: Vec<&String> = names.iter().collect();
        while let Some(name) = left.pop() {
            if all.insert(name.clone()) {
                left.extend(self.parts.get(name).into_iter().flatten());
            }
        }
        all
    }

    /// What to do about a `FROM` that uses these names, where one of them has no value: the usual reason why its name
    /// is blank, or is none (`docker:-dind`).
    pub(super) fn missing(&self, names: &BTreeSet<String>) -> Option<String> {
        let blank = |name: &&String| self.values.get(*name).is_none_or(|text| text.is_empty() == Some(true));
        // A name that is made of others is blank because of them.
        let made = |name: &&String| self.parts.get(*name).is_some_and(|parts| !parts.is_empty());
        let name = self.closure(names).iter().find(|name| blank(name) && !made(name))?.clone();
        Some(if self.pairs.iter().any(|pair| pair.name == name) {
            format!(
                "no value reaches {name}: give it one, build-args = {{ {name} = \"…\" }} or a default in the Dockerfile"
            )
        } else {
            format!("FROM sees only the ARGs before the first FROM: declare {name} there")
        })
    }

    /// The instructions that set one of these names, one for each name, with their lines.
    pub(super) fn written(&self, names: &BTreeSet<String>) -> Vec<(usize, &str, String)> {
        let seen = self.pairs.iter().filter(|pair| names.contains(&pair.name));
        seen.map(|pair| {
            let default = pair.default.as_ref().map(|default| format!("={default}")).unwrap_or_default();
            (pair.line, pair.name.as_str(), format!("ARG {}{default}", pair.name))
        })
        .collect()
    }

    /// Global arguments that BuildKit reads though nothing names them.
    pub(super) fn always(&self) -> BTreeSet<String> {
        let read = |pair: &&Pair| pair.name == EPOCH || pair.name.starts_with("BUILDKIT_");
        self.pairs.iter().filter(read).map(|pair| pair.name.clone()).collect()
    }
}

/// The epoch that counts: the build argument, else a global argument that is not empty.
pub(super) fn epoch(globals: &Globals, request: &Request) -> Option<String> {
    if request.volatile_args.contains(EPOCH) {
        return None;
    }
    let value = match request.build_args.get(EPOCH) {
        Some(value) => value.clone(),
        None => globals.get(EPOCH)?.to_string(),
    };
    Some(value).filter(|value| !value.is_empty())
}

/// `strconv.ParseInt(…, 10, 64)`
pub(super) fn go_integer(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// What the request gives for an argument; a volatile one has no value that counts.
pub(super) fn given(request: &Request, name: &str) -> Option<Text> {
    if request.volatile_args.contains(name) {
        return Some(Text::hole(Hole::anything(name, Cause::Volatile)));
    }
    request.build_args.get(name).map(|value| Text::known(value))
}

/// `defaultArgs`. What the builder decides is a hole.
fn platform_values(platform: Option<&Platform>, target: &str) -> BTreeMap<String, Text> {
    let mut values = BTreeMap::new();
    let parts = [
        ("PLATFORM", Reach::Words),
        ("OS", Reach::Word),
        ("OSVERSION", Reach::MaybeWord),
        ("ARCH", Reach::Word),
        ("VARIANT", Reach::MaybeWord),
    ];
    for (part, reach) in parts {
        for side in ["BUILD", "TARGET"] {
            let name = format!("{side}{part}");
            let text = match (side, platform) {
                ("TARGET", Some(platform)) => Text::known(&match part {
                    "PLATFORM" => platform.to_string(),
                    "OS" => platform.os.clone(),
                    "ARCH" => platform.architecture.clone(),
                    "VARIANT" => platform.variant.clone().unwrap_or_default(),
                    _ => String::new(),
                }),
                _ => Text::hole(Hole { name: name.clone(), reach, cause: Cause::Platform }),
            };
            values.insert(name, text);
        }
    }
    values.insert("TARGETSTAGE".to_owned(), Text::known(target));
    values
}
