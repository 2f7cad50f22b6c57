//! What a person should know about an image's inputs before its image is used again, and what the policy refuses.
//!
//! The same findings for `plan` (as sentences) and for `check` (with their lines).

use std::collections::BTreeSet;

use crate::config::{BaseImages, Policy, Severity};
use crate::dockerfile::Base;
use crate::dockerfile::baked::{self, Baked, Surroundings};
use crate::error::{Error, Errors, Place};
use crate::inputs::{Why, git_directory};
use crate::plan::Warning;
use crate::project::Assessed;

/// Sentences with their places, and errors where the policy refuses.
pub(super) fn of(assessed: &Assessed, policy: &Policy) -> (Vec<Warning>, Errors) {
    let mut said = Vec::new();
    let mut refused = Errors::default();
    for why in &assessed.inputs.warnings {
        said.push(Warning::at(why.place.clone(), why.text.clone()));
    }
    let mut judge = |severity, place: Place, text: String, hint: &str| match severity {
        Severity::Allow => {}
        Severity::Warn => said.push(Warning::at(place, format!("{text}; {hint}"))),
        Severity::Refuse => refused.push(Error::invalid(text).at(place).hint(hint)),
    };
    if let Some(Why { place, text }) = &assessed.inputs.git_directory {
        judge(
            policy.git_directory,
            place.clone(),
            format!("`{text}` lets the build see .git, which no content hash can hold"),
            "add .git to the ignore file if the build does not read it (git-directory says what this is: warn, refuse, allow)",
        );
    }
    for remote in &assessed.reading.remotes {
        judge(
            policy.remote_add,
            Place::line(&assessed.located.dockerfile_shown, remote.line),
            format!("{} can change without a commit", remote.address),
            "fix it with --checksum or a full commit id (remote-add says what this is: warn, refuse, allow)",
        );
    }
    let baked = baked(assessed);
    for Baked { line, what, .. } in &baked {
        judge(
            policy.baked_commit,
            Place::line(&assessed.located.dockerfile_shown, *line),
            format!(
                "`{what}`: the image says at which commit, or when, it was built; used again for another commit, it says \
                 the old one"
            ),
            "let imgplan's labels say it, or decide that it does not matter (baked-commit says what this is: warn, refuse, allow)",
        );
    }
    let told: BTreeSet<&String> = baked.iter().flat_map(|baked| &baked.args).collect();
    for (name, line) in assessed.reading.volatile.iter().filter(|(name, _)| !told.contains(name)) {
        let place = Place::line(&assessed.located.dockerfile_shown, *line);
        said.push(Warning::at(
            place,
            format!("the value of {name} does not count; using an image again is only safe if it does not bake it in"),
        ));
    }
    bases(assessed, &mut said, &mut refused);
    (said, refused)
}

/// What the build writes of its commit into the image. An argument whose value does not count has none that is fixed.
fn baked(assessed: &Assessed) -> Vec<Baked> {
    let image = &assessed.defined.image;
    let fixed = image.build_args.iter().filter(|(name, _)| !image.volatile_args.contains(*name));
    let surroundings = Surroundings {
        args: fixed.map(|(name, value)| (name.as_str(), value.as_str())).collect(),
        git: git_directory::lines(&assessed.located, &assessed.reading),
    };
    baked::baked(&assessed.reading, &surroundings)
}

fn bases(assessed: &Assessed, said: &mut Vec<Warning>, refused: &mut Errors) {
    let moving: Vec<&Base> = assessed.reading.bases.iter().filter(|base| !base.pinned).collect();
    let place = |base: &Base| Place::line(&assessed.located.dockerfile_shown, base.line);
    match assessed.defined.image.base_images {
        BaseImages::Ignore | BaseImages::Check => {
            let names: BTreeSet<&str> = moving.iter().map(|base| base.written.as_str()).collect();
            if !names.is_empty() && assessed.defined.image.base_images == BaseImages::Ignore {
                let names: Vec<&str> = names.into_iter().collect();
                let text = format!(
                    "the base image {} may change without a commit; that alone causes no build (base-images says what it does: ignore, check, pin)",
                    names.join(", ")
                );
                said.push(Warning::from(text));
            }
        }
        BaseImages::Pin => {
            for base in moving {
                refused.push(
                    Error::invalid(format!("{} has no digest, and base-images = \"pin\"", base.written))
                        .at(place(base))
                        .hint("write it as NAME:TAG@sha256:…"),
                );
            }
        }
    }
}
