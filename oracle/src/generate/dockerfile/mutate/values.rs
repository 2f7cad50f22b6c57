//! Changes of variables, of texts in the Dockerfile and of the image's configuration.

use super::{instructions, one};
use crate::generate::dockerfile::model::{Command, Dockerfile, Heredoc, Instruction, Run};
use crate::generate::dockerfile::words::{Site, value};
use crate::generate::pick;

pub(super) fn arg_default(
    dockerfile: &mut Dockerfile,
    site: &Site<'_>,
    rng: &mut fastrand::Rng,
) -> Option<String> {
    let rows = instructions(dockerfile).filter_map(|instruction| match instruction {
        Instruction::Arg(rows) => Some(rows),
        _ => None,
    });
    let (name, default) = one(rng, rows.flatten().collect())?;
    let old = default.replace(value(rng, site.escape));
    Some(format!("ARG {name}: {old:?} -> {default:?}"))
}

pub(super) fn env_value(
    dockerfile: &mut Dockerfile,
    site: &Site<'_>,
    rng: &mut fastrand::Rng,
) -> Option<String> {
    let rows = instructions(dockerfile).filter_map(|instruction| match instruction {
        Instruction::Env(rows) => Some(rows),
        _ => None,
    });
    let (name, text) = one(rng, rows.flatten().collect())?;
    let old = std::mem::replace(text, value(rng, site.escape));
    Some(format!("ENV {name}: {old:?} -> {text:?}"))
}

pub(super) fn arg_or_env(
    dockerfile: &mut Dockerfile,
    _: &Site<'_>,
    rng: &mut fastrand::Rng,
) -> Option<String> {
    let stages = dockerfile.stages.iter_mut().flat_map(|stage| &mut stage.body);
    let either = stages.map(|line| &mut line.instruction).filter(|instruction| match instruction {
        Instruction::Arg(rows) => rows.iter().all(|(_, value)| value.is_some()),
        other => matches!(other, Instruction::Env(_)),
    });
    let instruction = one(rng, either.collect())?;
    *instruction = match instruction {
        Instruction::Env(rows) => {
            Instruction::Arg(rows.drain(..).map(|(name, value)| (name, Some(value))).collect())
        }
        Instruction::Arg(rows) => {
            Instruction::Env(rows.drain(..).filter_map(|(name, value)| Some((name, value?))).collect())
        }
        _ => return None,
    };
    Some(format!("{instruction:?}"))
}

const OPERATORS: [&str; 12] = [":-", ":+", "-", "+", "##", "#", "%%", "%", "//", "/", ":?", "?"];

pub(super) fn expansion_operator(
    dockerfile: &mut Dockerfile,
    _: &Site<'_>,
    rng: &mut fastrand::Rng,
) -> Option<String> {
    let mut words: Vec<&mut String> = Vec::new();
    for instruction in instructions(dockerfile) {
        match instruction {
            Instruction::Env(rows) => words.extend(rows.iter_mut().map(|(_, value)| value)),
            Instruction::Arg(rows) => words.extend(rows.iter_mut().filter_map(|(_, value)| value.as_mut())),
            Instruction::Copy(copy) => words.extend(&mut copy.sources),
            _ => {}
        }
    }
    words.retain(|word| word.contains("${") && OPERATORS.iter().any(|one| word.contains(one)));
    let word = one(rng, words)?;
    let old = word.clone();
    let new = *pick(rng, &OPERATORS);
    let operator = OPERATORS.iter().find(|one| word.contains(**one))?;
    *word = word.replacen(operator, new, 1);
    (*word != old).then(|| format!("{old} -> {word}"))
}

pub(super) fn heredoc_body(
    dockerfile: &mut Dockerfile,
    _: &Site<'_>,
    rng: &mut fastrand::Rng,
) -> Option<String> {
    let heredocs = instructions(dockerfile).flat_map(|instruction| match instruction {
        Instruction::Copy(copy) => copy.heredocs.as_mut_slice(),
        Instruction::Run(Run { command: Command::Script(heredoc), .. }) => std::slice::from_mut(heredoc),
        _ => &mut [],
    });
    let heredoc: &mut Heredoc = one(rng, heredocs.collect())?;
    match rng.u8(..10) {
        0 => heredoc.quoted = !heredoc.quoted,
        1 => heredoc.strip = !heredoc.strip,
        2..5 if !heredoc.body.is_empty() => {
            heredoc.body.remove(rng.usize(..heredoc.body.len()));
        }
        _ => {
            let line = format!("{}{}", pick(rng, &["# comment ", "\t# ", "echo ", "$A "]), rng.u16(..));
            heredoc.body.insert(rng.usize(..=heredoc.body.len()), line);
        }
    }
    Some(format!("{} {:?}", heredoc.opening(), heredoc.body))
}

/// Adds an instruction that only changes the image's configuration, or changes the words of one that is there.
pub(super) fn configuration(
    dockerfile: &mut Dockerfile,
    _: &Site<'_>,
    rng: &mut fastrand::Rng,
) -> Option<String> {
    let digit = rng.u8(..);
    let (keyword, word) = match rng.u8(..6) {
        0 => ("LABEL", format!("changed=\"{digit}\"")),
        1 => ("CMD", format!("[\"/bin/see\", \"{digit}\"]")),
        2 => ("ENTRYPOINT", format!("/bin/see {digit}")),
        3 => ("EXPOSE", format!("{digit}")),
        4 => ("WORKDIR", format!("/w{digit}")),
        _ => ("HEALTHCHECK", format!("--retries={} CMD /bin/see", digit / 25 + 1)),
    };
    let stage = one(rng, dockerfile.stages.iter_mut().collect())?;
    let mut there: Vec<&mut Instruction> = stage
        .body
        .iter_mut()
        .map(|line| &mut line.instruction)
        .filter(|instruction| matches!(instruction, Instruction::Plain(drawn, _) if *drawn == keyword))
        .collect();
    let detail = format!("{keyword} {word}");
    match there.pop() {
        Some(Instruction::Plain(_, words)) => *words = vec![word],
        _ => stage.body.push(Instruction::Plain(keyword, vec![word]).into()),
    }
    Some(detail)
}
