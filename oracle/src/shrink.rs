//! Makes a failing case small: whatever both commits can lose while the verdict stays is lost.
//!
//! It knows no syntax. Files, lines, images and their options go, one at a time, until nothing more can.

use anyhow::Result;

use crate::snapshot::{Context, Node, Snapshot};

/// A pair of commits.
pub type Pair = (Snapshot, Snapshot);

/// The smallest pair found for which `still` holds, as it does for the given one.
pub fn shrink(mut pair: Pair, image: &str, still: &mut dyn FnMut(&Pair) -> Result<bool>) -> Result<Pair> {
    loop {
        let mut smaller = false;
        for candidate in simpler_images(&pair, image) {
            // Made from the pair as it was: several may fit, but each is tried on its own.
            if candidate != pair && still(&candidate)? {
                pair = candidate;
                smaller = true;
                break;
            }
        }
        smaller |= drop_files(&mut pair, still)?;
        smaller |= drop_lines(&mut pair, still)?;
        if !smaller {
            return Ok(pair);
        }
    }
}

fn simpler_images((before, after): &Pair, keep: &str) -> Vec<Pair> {
    let mut simpler = Vec::new();
    let names = before.images.iter().chain(&after.images);
    for name in names.clone().map(|image| image.name.clone()).filter(|name| name != keep) {
        let needed = |side: &Snapshot| {
            side.images
                .iter()
                .flat_map(|image| image.contexts.values())
                .any(|c| *c == Context::Parent(name.clone()))
        };
        if needed(before) || needed(after) {
            continue;
        }
        simpler.push(both(before, after, |side| side.images.retain(|image| image.name != name)));
    }
    for image in names.clone() {
        for key in image.args.keys() {
            simpler.push(both(before, after, |side| {
                side.images.iter_mut().for_each(|image| drop(image.args.remove(key)));
            }));
        }
        for key in image.contexts.keys() {
            simpler.push(both(before, after, |side| {
                side.images.iter_mut().for_each(|image| drop(image.contexts.remove(key)));
            }));
        }
    }
    simpler
        .push(both(before, after, |side| side.images.iter_mut().for_each(|image| image.platforms.clear())));
    simpler.push(both(before, after, |side| side.images.iter_mut().for_each(|image| image.target = None)));
    simpler
}

fn both(before: &Snapshot, after: &Snapshot, change: impl Fn(&mut Snapshot)) -> Pair {
    let (mut before, mut after) = (before.clone(), after.clone());
    change(&mut before);
    change(&mut after);
    (before, after)
}

fn drop_files(pair: &mut Pair, still: &mut dyn FnMut(&Pair) -> Result<bool>) -> Result<bool> {
    let mut smaller = false;
    let paths: Vec<String> = pair.0.files.keys().chain(pair.1.files.keys()).cloned().collect();
    for path in paths {
        let candidate = both(&pair.0, &pair.1, |side| drop(side.files.remove(&path)));
        if candidate != *pair && still(&candidate)? {
            *pair = candidate;
            smaller = true;
        }
    }
    Ok(smaller)
}

/// Drops lines that both commits have, from both; and lines that only one has, from that one.
fn drop_lines(pair: &mut Pair, still: &mut dyn FnMut(&Pair) -> Result<bool>) -> Result<bool> {
    let mut smaller = false;
    let paths: Vec<String> = pair.0.files.keys().chain(pair.1.files.keys()).cloned().collect();
    for path in paths {
        let mut number = 0;
        loop {
            let (old, new) = (lines(&pair.0, &path), lines(&pair.1, &path));
            let all: Vec<&Vec<u8>> =
                old.iter().chain(new.iter().filter(|line| !old.contains(line))).collect();
            let Some(line) = all.get(number) else { break };
            let candidate = both(&pair.0, &pair.1, |side| remove_line(side, &path, line));
            if still(&candidate)? {
                *pair = candidate;
                smaller = true;
            } else {
                number += 1;
            }
        }
    }
    Ok(smaller)
}

fn lines(snapshot: &Snapshot, path: &str) -> Vec<Vec<u8>> {
    match snapshot.files.get(path) {
        Some(Node::File { bytes, .. }) => {
            bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
        }
        _ => Vec::new(),
    }
}

fn remove_line(snapshot: &mut Snapshot, path: &str, line: &[u8]) {
    let mut lines = lines(snapshot, path);
    if let Some(at) = lines.iter().position(|one| one == line) {
        lines.remove(at);
        if let Some(Node::File { bytes, .. }) = snapshot.files.get_mut(path) {
            *bytes = lines.concat();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_matter_is_lost() -> Result<()> {
        let side = |line: &str| Snapshot {
            files: [
                ("Dockerfile".to_owned(), Node::text(format!("FROM plain\nRUN x\n{line}\nRUN y\n"))),
                ("a".to_owned(), Node::text("a")),
            ]
            .into(),
            images: Vec::new(),
        };
        let mut still = |pair: &Pair| Ok(lines(&pair.0, "Dockerfile") != lines(&pair.1, "Dockerfile"));
        let (before, after) = shrink((side("one"), side("two")), "app", &mut still)?;
        assert_eq!(before.files, [("Dockerfile".to_owned(), Node::text(""))].into());
        assert_eq!(after.files, [("Dockerfile".to_owned(), Node::text("two\n"))].into());
        Ok(())
    }
}
