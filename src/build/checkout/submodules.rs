//! The commit and, below it, every submodule that a local repository has.
//!
//! Where a submodule's repository may be: in the clone's `modules/<name>`, or where the working tree's `.git` at
//! its path leads. Nothing is cloned.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Component, Path, PathBuf};

use super::files::{failed, join_inside};
use super::git::Git;
use super::{Missing, Source};
use crate::error::{Error, Place, Result};

/// One repository's commit to check out.
struct Step {
    common_dir: PathBuf,
    work_dir: Option<PathBuf>,
    commit: String,
    /// The path from the outermost root, `""` for that itself.
    path: String,
}

/// A gitlink of the index.
struct Link {
    path: String,
    commit: String,
}

/// Checks a commit out with its submodules; those that are in no local repository are returned. `temp` holds the
/// git directories meanwhile.
pub(super) async fn check_out_all(source: Source<'_>, temp: &Path, root: &Path) -> Result<Vec<Missing>> {
    let first = Step {
        common_dir: source.common_dir.to_owned(),
        work_dir: source.work_dir.map(Path::to_owned),
        commit: source.commit.to_owned(),
        path: String::new(),
    };
    let mut steps = VecDeque::from([first]);
    let mut missing = Vec::new();
    let mut count = 0_u32;
    while let Some(step) = steps.pop_front() {
        count = count.saturating_add(1);
        let dir = temp.join(format!("git-{count}"));
        let tree = join_inside(root, &step.path)?;
        std::fs::create_dir_all(&tree).map_err(|error| failed("cannot make", &tree, error))?;
        let git = Git::new(dir.clone(), &step.common_dir, &tree, &step.commit)?;
        git.check_out(&step.commit).await.map_err(|error| match step.path.as_str() {
            "" => error,
            path => error.at(Place::file(path)),
        })?;
        let links = links(&git).await?;
        let names = if links.is_empty() { BTreeMap::new() } else { names(&git, &step.commit).await? };
        for link in links {
            let path = format!("{}{}{}", step.path, if step.path.is_empty() { "" } else { "/" }, link.path);
            let name = names.get(&link.path).map(String::as_str);
            match find(&step, &link, name, temp, root).await? {
                Some(common_dir) => steps.push_back(Step {
                    common_dir,
                    work_dir: step.work_dir.as_ref().map(|dir| dir.join(&link.path)),
                    commit: link.commit,
                    path,
                }),
                None => missing.push(Missing { path, commit: link.commit }),
            }
        }
        std::fs::remove_dir_all(&dir).map_err(|error| failed("cannot remove", &dir, error))?;
    }
    Ok(missing)
}

/// The index's entries of mode 160000.
async fn links(git: &Git) -> Result<Vec<Link>> {
    let listed = git.ask(&["ls-files", "--stage", "-z"], None).await?;
    let mut links = Vec::new();
    for record in listed.split(|&byte| byte == 0).filter(|record| record.starts_with(b"160000 ")) {
        let record = String::from_utf8(record.to_vec())
            .map_err(|error| Error::invalid("a submodule's path is not UTF-8").caused_by(error))?;
        // `160000 <id> 0\t<path>`
        if let Some((facts, path)) = record.split_once('\t')
            && let Some(commit) = facts.split(' ').nth(1)
        {
            links.push(Link { path: path.to_owned(), commit: commit.to_owned() });
        }
    }
    Ok(links)
}

/// Submodules' names by path, from the commit's `.gitmodules`.
async fn names(git: &Git, commit: &str) -> Result<BTreeMap<String, String>> {
    let blob = format!("--blob={commit}:.gitmodules");
    if git.ask(&["ls-files", "--", ".gitmodules"], None).await?.is_empty() {
        return Ok(BTreeMap::new());
    }
    // 1: the file has no such key.
    let pattern = r"^submodule\..*\.path$";
    let listed = git.ask(&["config", &blob, "--null", "--get-regexp", pattern], Some(1)).await?;
    let listed = String::from_utf8_lossy(&listed).into_owned();
    let pairs = listed.split('\0').filter_map(|record| {
        let (key, path) = record.split_once('\n')?;
        let name = key.strip_prefix("submodule.")?.strip_suffix(".path")?;
        Some((path.trim_end_matches('/').to_owned(), name.to_owned()))
    });
    Ok(pairs.collect())
}

/// The local repository that has the submodule's commit.
async fn find(
    step: &Step,
    link: &Link,
    name: Option<&str>,
    temp: &Path,
    root: &Path,
) -> Result<Option<PathBuf>> {
    let plain = |name: &&str| Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    let modules = name.filter(plain).map(|name| step.common_dir.join("modules").join(name));
    let working = step.work_dir.as_ref().map(|dir| dir.join(&link.path).join(".git"));
    for candidate in [modules, working].into_iter().flatten() {
        let Some(dir) = git_dir(&candidate)? else { continue };
        let probe = temp.join("probe");
        let has = Git::new(probe.clone(), &dir, root, &link.commit)?.has(&link.commit).await?;
        std::fs::remove_dir_all(&probe).map_err(|error| failed("cannot remove", &probe, error))?;
        if has {
            return Ok(Some(dir));
        }
    }
    Ok(None)
}

/// Follows a `.git` file and `commondir` to the folder that holds the objects.
fn git_dir(candidate: &Path) -> Result<Option<PathBuf>> {
    let mut dir = candidate.to_owned();
    if dir.is_file() {
        let text = std::fs::read_to_string(&dir).map_err(|error| failed("cannot read", &dir, error))?;
        let Some(target) = text.trim_end().strip_prefix("gitdir: ") else { return Ok(None) };
        dir = candidate.parent().unwrap_or(candidate).join(target);
    }
    let common = dir.join("commondir");
    if common.is_file() {
        let text = std::fs::read_to_string(&common).map_err(|error| failed("cannot read", &common, error))?;
        dir = dir.join(text.trim_end());
    }
    Ok(dir.join("objects").is_dir().then_some(dir))
}
