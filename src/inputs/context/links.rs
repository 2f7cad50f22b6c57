//! Follows a path through links, inside the context as in a chroot.
//!
//! The rules of `getFollowLinks` in BuildKit's `cache/contenthash/checksum.go`: absolute links start again at the
//! root, `..` stops there, a name that does not exist may be left again by `..`, and after 255 links it is an error.

use bstr::{BStr, BString, ByteSlice};

use super::place::{Place, join};
use super::walk::Walk;
use super::{Absent, Taken};
use crate::error::Result;
use crate::tree::Mode;

/// BuildKit's `maxSymlinkLimit`.
const MOST_LINKS: usize = 255;

/// Linux makes no link with a longer target, so no checkout has one. It also bounds the work that links can cause.
const LONGEST_TARGET: usize = 4095;

/// One name on the way.
#[derive(Clone)]
enum Step {
    /// A folder, a file, or a submodule.
    There(Place),
    /// Inside a submodule, of which only the whole is known: the submodule, and the path inside.
    Inside(Place, BString),
    Nothing(Absent),
}

/// Follows a clean path, the last name included. Every link on the way is counted in `walk.found`, since another
/// link there would read something else.
pub(super) fn follow(walk: &mut Walk, path: &BStr) -> Taken<Place> {
    let root = Place::root(walk.view.root);
    let mut steps: Vec<Step> = Vec::new();
    let mut pending: Vec<BString> = names(path);
    let mut links = 0;
    while let Some(name) = pending.pop() {
        if name == ".." {
            steps.pop();
            continue;
        }
        let folder = steps.last().cloned().unwrap_or_else(|| Step::There(root.clone()));
        let step = enter(walk, folder, name.as_bstr())?;
        let Step::There(link) = &step else {
            steps.push(step);
            continue;
        };
        if link.mode != Mode::Symlink {
            steps.push(step);
            continue;
        }
        let target = walk.view.objects.blob(&link.id)?;
        links += 1;
        if links > MOST_LINKS || target.is_empty() || target.len() > LONGEST_TARGET {
            return Ok(Err(Absent::Missing(path.into())));
        }
        walk.insert(link);
        walk.doubtful |= is_doubtful(target.as_bstr(), links);
        if target.starts_with(b"/") {
            steps.clear();
        }
        pending.extend(names(target.as_bstr()));
    }
    arrive(walk, steps.pop().unwrap_or(Step::There(root)))
}

/// Whether a link may lead elsewhere for the copier than for the cache key.
///
/// `contenthash` applies `..` to the folder that the names before it lead to. The copier (`fs.RootPath` of containerd's
/// continuity) and the client (fsutil's `FollowLinks`) resolve `name/..` by its text, and the copier joins a relative
/// target with a path in which a link to a link is not resolved yet. They agree unless a target has a `..` behind a
/// name, or one at all behind two links. Rare, and not worth three resolvers: such a read is widened.
fn is_doubtful(target: &BStr, links: usize) -> bool {
    let mut names = names(target);
    names.reverse();
    let leading = names.iter().take_while(|name| *name == "..").count();
    let all = names.iter().filter(|name| *name == "..").count();
    all > leading || (all > 0 && links > 2)
}

/// The names of a path, the first one last. `.` and empty names say nothing.
fn names(path: &BStr) -> Vec<BString> {
    path.rsplit_str("/").filter(|name| !name.is_empty() && *name != b".").map(BString::from).collect()
}

/// One name further, without following it.
fn enter(walk: &mut Walk, folder: Step, name: &BStr) -> Result<Step> {
    let place = match folder {
        Step::Nothing(Absent::Missing(path)) => {
            return Ok(Step::Nothing(Absent::Missing(join(path.as_bstr(), name))));
        }
        Step::Nothing(absent) => return Ok(Step::Nothing(absent)),
        Step::Inside(submodule, path) => return Ok(Step::Inside(submodule, join(path.as_bstr(), name))),
        Step::There(place) => place,
    };
    let path = join(place.path.as_bstr(), name);
    match place.mode {
        Mode::Folder => {}
        Mode::Submodule => return Ok(Step::Inside(place, path)),
        _ => return Ok(Step::Nothing(Absent::Missing(path))),
    }
    let tree = walk.view.objects.tree(&place.id)?;
    let Some(entry) = tree.find(name) else {
        return Ok(Step::Nothing(Absent::Missing(path)));
    };
    // Whether a folder is seen depends on what is in it: asked where the path ends.
    if !matches!(entry.mode, Mode::Folder | Mode::Submodule)
        && let Some(absent) = ignored(walk, path.as_bstr())
    {
        return Ok(Step::Nothing(absent));
    }
    Ok(Step::There(place.child(&entry)))
}

/// Whether what the path ends at is seen by a build.
fn arrive(walk: &mut Walk, step: Step) -> Taken<Place> {
    let (place, path) = match step {
        Step::Nothing(absent) => return Ok(Err(absent)),
        Step::Inside(submodule, path) => (submodule, path),
        Step::There(place) => {
            let path = place.path.clone();
            (place, path)
        }
    };
    let Some(absent) = ignored(walk, path.as_bstr()) else { return Ok(Ok(place)) };
    let seen = match place.mode {
        Mode::Folder => walk.sees_below(&place)?,
        Mode::Submodule => walk.view.ignore.may_return_below(path.as_bstr()),
        _ => false,
    };
    Ok(if seen { Ok(place) } else { Err(absent) })
}

fn ignored(walk: &Walk, path: &BStr) -> Option<Absent> {
    if path.is_empty() {
        return None;
    }
    let rule = walk.view.ignore.ignored_by(path)?;
    Some(Absent::Ignored { path: path.into(), line: rule.line, pattern: rule.pattern.clone() })
}
