//! The variables of a stage: its `ARG`s, its `ENV`s, and what it inherits (`dispatchArg` and `dispatchEnv` in
//! `frontend/dockerfile/dockerfile2llb/convert.go`).

use std::collections::BTreeMap;

use super::arguments::{Globals, given};
use super::text::{Cause, Hole, Text};
use super::word::{self, Value, Variables};
use super::{Legacy, Request};

/// The variables of a stage at one of its instructions.
///
/// BuildKit keeps two lists. The state's has `ARG` and `ENV`, and the last assignment wins. The image
/// configuration's has `ENV` alone. A stage starts with its base's state and then sets the variables of its base's
/// configuration again (`dispatchStages`). So in the stage that declares it an `ARG` with a value beats the base
/// image's `ENV`; in a stage built `FROM` that stage an inherited `ENV` beats an inherited `ARG`, even one of an
/// external image below both, whose names nobody here knows.
#[derive(Debug, Clone, Default)]
pub(super) struct Environment {
    state: BTreeMap<String, Text>,
    configuration: BTreeMap<String, Text>,
    /// Whether an image below may have set more.
    unknown: bool,
}

impl Variables for Environment {
    fn value(&self, name: &str) -> Value {
        match self.state.get(name) {
            Some(text) => Value::Set(text.clone()),
            // BuildKit sets a default PATH that depends on the platform's system.
            None if self.unknown || name == "PATH" => Value::Unknown(Hole::anything(name, Cause::Base)),
            None => Value::Unset,
        }
    }
}

impl Environment {
    /// Of an image of which nothing is known.
    pub(super) fn external() -> Environment {
        Environment { unknown: true, ..Environment::default() }
    }

    /// Of an image of the plan.
    pub(super) fn of(legacy: &Legacy) -> Environment {
        let known: BTreeMap<String, Text> =
            legacy.env.iter().map(|(name, value)| (name.clone(), Text::known(value))).collect();
        Environment { state: known.clone(), configuration: known, unknown: legacy.unknown_env }
    }

    /// What a stage starts with that is built `FROM` one with this environment.
    pub(super) fn inherited(&self) -> Environment {
        // Any variable that only an ARG set may be set again from an image that is not known.
        let mut state = if self.unknown { BTreeMap::new() } else { self.state.clone() };
        state.extend(self.configuration.clone());
        Environment { state, ..self.clone() }
    }

    /// What is known whichever of two it is.
    pub(super) fn either(mut self, other: &Environment) -> Environment {
        self.state.retain(|name, text| other.state.get(name) == Some(text));
        self.configuration.retain(|name, text| other.configuration.get(name) == Some(text));
        self.unknown = true;
        self
    }

    /// `ENV`: all values see the environment before it.
    pub(super) fn set(&mut self, pairs: &[(String, String)], escape: char) -> Result<(), String> {
        let mut new = Vec::with_capacity(pairs.len());
        for (name, value) in pairs {
            let name = word::expand(name, escape, self)?.text;
            let value = word::expand(value, escape, self)?.text;
            new.push((name, value));
        }
        for (name, value) in new {
            let Some(name) = name.as_known() else {
                // Any variable may have been set.
                *self = Environment::external();
                continue;
            };
            self.state.insert(name.to_owned(), value.clone());
            self.configuration.insert(name.to_owned(), value);
        }
        Ok(())
    }

    /// One name of an `ARG`. Gives whether its value came from the global arguments.
    pub(super) fn declare(
        &mut self,
        name: &str,
        default: Option<&str>,
        globals: &Globals,
        request: &Request,
        escape: char,
    ) -> Result<bool, String> {
        let (text, global) = if let Some(text) = given(request, name) {
            (text, false)
        } else if let Some(default) = default {
            (word::expand(default, escape, self)?.text, false)
        } else if let Some(text) = globals.get(name) {
            (text.clone(), true)
        } else {
            return Ok(false);
        };
        // `nonEnvArgs`
        if !matches!(name, "BUILDKIT_SBOM_SCAN_CONTEXT" | "BUILDKIT_SBOM_SCAN_STAGE") {
            self.state.insert(name.to_owned(), text);
        }
        Ok(global)
    }

    /// What it leaves to images built from it: `ENV` alone.
    pub(super) fn legacy(&self) -> Legacy {
        let mut legacy = Legacy { unknown_env: self.unknown, ..Legacy::default() };
        for (name, text) in &self.configuration {
            match text.as_known() {
                Some(value) => {
                    legacy.env.insert(name.clone(), value.to_owned());
                }
                // PATH is unknown wherever it is not set, so it need not spoil the rest.
                None if name == "PATH" => {}
                None => legacy.unknown_env = true,
            }
        }
        legacy
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn value(environment: &Environment, name: &str) -> String {
        match environment.value(name) {
            Value::Set(text) => text.to_string(),
            Value::Unset => "unset".to_owned(),
            Value::Unknown(_) => "unknown".to_owned(),
        }
    }

    #[test]
    fn assignments_apply_in_order_and_inheritance_prefers_env() {
        let (globals, request) = (Globals::default(), Request::default());
        let mut stage = Environment::default();
        stage.set(&[("X".into(), "1".into()), ("Y".into(), "$X".into())], '\\').unwrap();
        assert_eq!(value(&stage, "Y"), "", "ENV sees the environment before it");
        stage.declare("X", Some("2"), &globals, &request, '\\').unwrap();
        stage.declare("Z", Some("${X}z"), &globals, &request, '\\').unwrap();
        assert_eq!((value(&stage, "X"), value(&stage, "Z")), ("2".to_owned(), "2z".to_owned()));
        let child = stage.inherited();
        assert_eq!((value(&child, "X"), value(&child, "Z")), ("1".to_owned(), "2z".to_owned()));
    }

    #[test]
    fn an_inherited_argument_is_unknown_above_an_unknown_image() {
        let (globals, request) = (Globals::default(), Request::default());
        let mut stage = Environment::external();
        stage.declare("X", Some("2"), &globals, &request, '\\').unwrap();
        stage.set(&[("Y".into(), "3".into())], '\\').unwrap();
        assert_eq!(value(&stage, "X"), "2");
        let child = stage.inherited();
        assert_eq!((value(&child, "X"), value(&child, "Y")), ("unknown".to_owned(), "3".to_owned()));
    }

    #[test]
    fn a_name_that_is_not_known_spoils_everything() {
        let mut stage = Environment::external();
        stage.set(&[("A".into(), "1".into())], '\\').unwrap();
        stage.set(&[("$X".into(), "1".into())], '\\').unwrap();
        assert_eq!(value(&stage, "A"), "unknown");
    }
}
