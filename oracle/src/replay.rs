//! `oracle replay`: kept cases, asked again.
//!
//! A case says whether the images and the hashes are the same. imgplan is asked in any case, BuildKit where it is there.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::bench::Bench;
use crate::case_file::Case;
use crate::judge::{Judge, Mode};
use crate::repository::Repository;
use crate::snapshot::{Image, Node, Snapshot};
use crate::subject::{Assessment, Subject};

/// Whether all cases are as they say. With `update`, they are made to say what is.
pub fn replay(judge: Option<&Judge>, subject: &Subject, paths: &[PathBuf], update: bool) -> Result<bool> {
    let files = files(paths)?;
    let mut bench = Bench::new(judge, subject)?;
    let mut wrong = 0;
    for path in &files {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let case = Case::parse(&text).with_context(|| path.display().to_string())?;
        let seen = see(&mut bench, &case, judge.is_some()).with_context(|| path.display().to_string())?;
        if seen == case {
            continue;
        }
        if update {
            std::fs::write(path, seen.to_text()?)?;
            println!("{}: written anew", path.display());
            continue;
        }
        wrong += 1;
        println!("{}: {}", path.display(), case.title.lines().next().unwrap_or_default());
        for (what, said, found) in
            [("same hash", case.same_hash, seen.same_hash), ("same image", case.same_image, seen.same_image)]
        {
            if said != found {
                println!("  {what}: the file says {}, found {}", word(said), word(found));
            }
        }
    }
    println!(
        "{} cases, {} not as they say{}",
        files.len(),
        wrong,
        if judge.is_none() { "; BuildKit was not asked" } else { "" }
    );
    Ok(wrong == 0)
}

/// Builds a file with a step: an error where BuildKit cannot do that here.
pub fn probe(judge: &Judge) -> Result<()> {
    let dockerfile = Node::text("FROM plain\nRUN [\"/bin/see\", \"probe\"]\n");
    let image = Image {
        name: "probe".to_owned(),
        context: ".".to_owned(),
        dockerfile: "Dockerfile".to_owned(),
        ..Image::default()
    };
    let snapshot = Snapshot { files: [("Dockerfile".to_owned(), dockerfile)].into(), images: vec![image] };
    let mut repository = Repository::new()?;
    let commit = repository.commit(&[&snapshot])?.remove(0);
    let checkout = repository.checkout(&commit, &snapshot)?;
    let mut built = judge.ask(checkout.path(), &snapshot, Mode::Fresh)?;
    match built.remove("probe").and_then(|built| built.error) {
        Some(error) => bail!("BuildKit starts, and cannot build: {error}"),
        None => Ok(()),
    }
}

fn word(truth: Option<bool>) -> &'static str {
    match truth {
        Some(true) => "yes",
        Some(false) => "no",
        None => "refused",
    }
}

fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let mut below = Vec::new();
            for entry in std::fs::read_dir(path).with_context(|| path.display().to_string())? {
                below.push(entry?.path());
            }
            below.retain(|path: &PathBuf| path.extension().is_some_and(|extension| extension == "txt"));
            below.sort();
            files.append(&mut below);
        } else {
            files.push(path.clone());
        }
    }
    if files.is_empty() {
        bail!(
            "no cases in {}",
            paths.iter().map(|path| Path::display(path).to_string()).collect::<Vec<_>>().join(", ")
        );
    }
    Ok(files)
}

/// The case with what is found in place of what it says.
fn see(bench: &mut Bench<'_>, case: &Case, build: bool) -> Result<Case> {
    let place = |snapshot: &Snapshot| {
        snapshot
            .images
            .iter()
            .position(|image| image.name == case.image)
            .context("the case has no such image")
    };
    let places = [place(&case.before)?, place(&case.after)?];
    let snapshots = [&case.before, &case.after];
    let mut seen = case.clone();
    let assessed = bench.assess(&snapshots)?;
    let hash = |side: usize| match &assessed[side][places[side]] {
        Assessment::Hash { hash, .. } => Some(hash),
        Assessment::Refused(_) => None,
    };
    seen.same_hash = hash(1).map(|after| hash(0) == Some(after));
    if build {
        let built = bench.see(&snapshots, Mode::Fresh)?;
        let digest = |side: usize| built[side][places[side]].built.digest.as_ref();
        seen.same_image = digest(1).map(|after| digest(0) == Some(after));
    }
    Ok(seen)
}
