//! Changes of stages and of the order of instructions.

use super::one;
use crate::generate::REGISTRY;
use crate::generate::dockerfile::model::{Command, Dockerfile, From, Instruction, Layout, Run, Stage};
use crate::generate::dockerfile::words::Site;
use crate::generate::pick;

pub(super) fn stage_added(
    dockerfile: &mut Dockerfile,
    _: &Site<'_>,
    rng: &mut fastrand::Rng,
) -> Option<String> {
    let name = format!("unreached{}", rng.u16(..));
    let run = Run {
        flags: Vec::new(),
        mounts: Vec::new(),
        command: Command::Exec(vec!["/bin/see".to_owned(), name.clone()]),
    };
    let from = From { platform: None, base: format!("{REGISTRY}/plain"), name: Some(name.clone()) };
    let stage = Stage { from, layout: Layout::default(), body: vec![Instruction::Run(run).into()] };
    // Before the last, which is what is built; a number in `--from` may mean another stage then.
    let at = rng.usize(..dockerfile.stages.len());
    dockerfile.stages.insert(at, stage);
    Some(format!("{name} at {at}"))
}

pub(super) fn stage_renamed(
    dockerfile: &mut Dockerfile,
    _: &Site<'_>,
    rng: &mut fastrand::Rng,
) -> Option<String> {
    let old = one(rng, dockerfile.stages.iter().filter_map(|stage| stage.from.name.clone()).collect())?;
    let new = format!("renamed{}", rng.u8(..));
    let renamed = |name: &mut String| {
        if name.eq_ignore_ascii_case(&old) {
            name.clone_from(&new);
        }
    };
    for stage in &mut dockerfile.stages {
        renamed(&mut stage.from.base);
        stage.from.name.iter_mut().for_each(renamed);
    }
    for line in dockerfile.lines_mut() {
        match &mut line.instruction {
            Instruction::Copy(copy) => copy.from.iter_mut().for_each(renamed),
            Instruction::Run(run) => {
                let options = run.mounts.iter_mut().flatten().filter(|(key, _)| key == "from");
                options.filter_map(|(_, value)| value.as_mut()).for_each(renamed);
            }
            _ => {}
        }
    }
    Some(format!("{old} -> {new}"))
}

pub(super) fn stages_swapped(
    dockerfile: &mut Dockerfile,
    _: &Site<'_>,
    rng: &mut fastrand::Rng,
) -> Option<String> {
    let last = dockerfile.stages.len().checked_sub(2).filter(|last| *last > 0)?;
    let at = rng.usize(..last);
    dockerfile.stages.swap(at, at + 1);
    Some(format!("{at} and {}", at + 1))
}

pub(super) fn base_image(
    dockerfile: &mut Dockerfile,
    _: &Site<'_>,
    rng: &mut fastrand::Rng,
) -> Option<String> {
    let stage = one(rng, dockerfile.stages.iter_mut().collect())?;
    let old = stage.from.base.clone();
    stage.from.base = match rng.u8(..4) {
        // Another name of the same image, most of the time.
        0 | 1 if old.ends_with(":1") => old.trim_end_matches(":1").to_owned(),
        0 | 1 if old.starts_with(REGISTRY) => format!("{}:1", old.trim_end_matches(":latest")),
        2 => format!("{REGISTRY}/{}", pick(rng, &["plain", "env", "onbuild"])),
        _ => old.replace(&format!("{REGISTRY}/"), "docker.io/library/"),
    };
    (stage.from.base != old).then(|| format!("{old} -> {}", stage.from.base))
}

pub(super) fn instructions_swapped(
    dockerfile: &mut Dockerfile,
    _: &Site<'_>,
    rng: &mut fastrand::Rng,
) -> Option<String> {
    let stage = one(rng, dockerfile.stages.iter_mut().filter(|stage| stage.body.len() > 1).collect())?;
    let at = rng.usize(1..stage.body.len());
    stage.body.swap(at - 1, at);
    Some(format!("{} and {at} of {}", at - 1, stage.from.base))
}

pub(super) fn instruction_removed(
    dockerfile: &mut Dockerfile,
    _: &Site<'_>,
    rng: &mut fastrand::Rng,
) -> Option<String> {
    let stage = one(rng, dockerfile.stages.iter_mut().filter(|stage| !stage.body.is_empty()).collect())?;
    let line = stage.body.remove(rng.usize(..stage.body.len()));
    Some(crate::generate::dockerfile::render::words(&line.instruction).join(" "))
}
