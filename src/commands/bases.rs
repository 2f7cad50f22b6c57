//! Base images that move: which digest a tag has now, and whether that differs from what an image was built on.
//!
//! BuildKit records no base digest, so imgplan records it itself when it plans a build (an annotation and a label), and
//! pins the build to it by a named context. An index changes its digest when any platform does, so where the digests
//! differ, the platforms' own manifests are compared.

use std::collections::BTreeMap;

use crate::commands::inspect::{self, Question};
use crate::config::BaseImages;
use crate::details::{self, Child};
use crate::dockerfile::{Origin, Reading};
use crate::error::{Error, Place, Result};
use crate::lookup::{Lookup, Manifest};
use crate::plan::Build;
use crate::project::Assessed;
use crate::reference::{Digest, ImageName, Platform, Repository, Tag};
use crate::registry::{Name, Registry};

/// A base image and the digest that it has now.
#[derive(Debug, Clone)]
pub(super) struct Base {
    /// As the Dockerfile writes it, after expansion.
    written: String,
    /// Completed.
    name: ImageName,
    digest: Digest,
    /// Whether a stage takes it for a platform of its own (`FROM --platform=…`), which no target's platform tells.
    other_platform: bool,
}

/// An image that may be used, whose bases are compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Used<'a> {
    /// Where it is.
    pub(super) repository: &'a Repository,
    /// Which.
    pub(super) digest: &'a Digest,
    /// The bases that it says it was built on, as recorded.
    pub(super) recorded: Option<&'a str>,
    /// The platforms that it was built for, where they are configured.
    pub(super) platforms: &'a [Platform],
}

/// The bases of an image that is checked, each at its present digest. Empty where bases are not checked.
pub(super) async fn present(registry: &Registry, assessed: &Assessed) -> Result<Vec<Base>> {
    if assessed.defined.image.base_images != BaseImages::Check {
        return Ok(Vec::new());
    }
    let mut bases: Vec<Base> = Vec::new();
    for base in assessed.reading.bases.iter().filter(|base| !base.pinned) {
        let place = || Place::line(&assessed.located.dockerfile_shown, base.line);
        let Some(name) = ImageName::parse(&base.written) else {
            return Err(Error::invalid(format!("{} names no image, so it cannot be checked", base.written))
                .at(place()));
        };
        let stages = &assessed.reading.stages;
        let other_platform = stages.iter().any(|stage| stage.line == base.line && stage.platform.is_some());
        if let Some(other) = bases.iter_mut().find(|other| other.written == base.written) {
            other.other_platform |= other_platform;
            continue;
        }
        let (repository, tag) = place_of(&name)?;
        match registry.head(&repository, Name::Tag(&tag)).await {
            Lookup::Found(found) => {
                let written = base.written.clone();
                bases.push(Base { written, name, digest: found.digest, other_platform });
            }
            Lookup::Missing => {
                return Err(
                    Error::unavailable(format!("the base image {} is not there", base.written)).at(place())
                );
            }
            Lookup::Unknown(error) => return Err(error),
        }
    }
    Ok(bases)
}

/// Why the image counts as built on something else, if it does; a note where that cannot be told.
pub(super) async fn moved(
    registry: &Registry,
    bases: &[Base],
    used: Used<'_>,
) -> Result<(Option<String>, Option<String>)> {
    if bases.is_empty() {
        return Ok((None, None));
    }
    let recorded: BTreeMap<String, String> = match used.recorded.map(serde_json::from_str) {
        Some(Ok(recorded)) => recorded,
        _ => {
            let note =
                "the image does not say which base images it was built on, so that they moved cannot be seen";
            return Ok((None, Some(note.to_owned())));
        }
    };
    for base in bases {
        let then = recorded.get(&base.name.to_string()).map(Digest::new).transpose()?;
        let changed = match then {
            None => true,
            Some(then) if then == base.digest => false,
            Some(then) => differ(registry, base, &then, used).await?,
        };
        if changed {
            return Ok((Some(format!("the base image {} moved to {}", base.written, base.digest)), None));
        }
    }
    Ok((None, None))
}

/// Writes the bases into a build: pinned by named contexts, recorded as annotations and labels.
pub(super) fn record(build: &mut Build, assessed: &Assessed, bases: &[Base]) {
    let mut recorded = BTreeMap::new();
    for base in bases {
        let address = format!("docker-image://{}/{}@{}", base.name.registry, base.name.path, base.digest);
        build.contexts.insert(base.written.clone(), address);
        recorded.insert(base.name.to_string(), base.digest.to_string());
    }
    let mut marks = BTreeMap::new();
    if !recorded.is_empty() {
        marks.insert(details::BASES.to_owned(), serde_json::json!(recorded).to_string());
    }
    let last = last_base(&assessed.reading).and_then(ImageName::parse);
    if assessed.defined.image.base_images != BaseImages::Ignore
        && let Some(last) = last
        && let Some(digest) = last.digest.clone().or_else(|| recorded.get(&last.to_string()).cloned())
    {
        let name = ImageName { digest: None, ..last };
        marks.insert(details::BASE_NAME.to_owned(), name.to_string());
        marks.insert(details::BASE_DIGEST.to_owned(), digest);
    }
    build.labels.extend(marks.clone());
    build.annotations.extend(marks);
}

/// The external image that the target's stage starts from, through the stages between.
fn last_base(reading: &Reading) -> Option<&str> {
    let mut stage = reading.stages.last()?;
    // Stages start from earlier ones only, so this ends.
    for _ in 0..reading.stages.len() {
        match stage.from.first()? {
            Origin::Image(name) => return Some(name),
            Origin::Stage(index) => stage = reading.stages.get(*index)?,
            _ => return None,
        }
    }
    None
}

fn place_of(name: &ImageName) -> Result<(Repository, Tag)> {
    let repository = Repository::Remote { registry: name.registry.clone(), path: name.path.clone() };
    let tag = Tag::new(name.tag.clone().unwrap_or_else(|| "latest".to_owned()))?;
    Ok((repository, tag))
}

/// Whether two digests of one tag are different images for the platforms that the used image was built for.
async fn differ(registry: &Registry, base: &Base, then: &Digest, used: Used<'_>) -> Result<bool> {
    let (repository, _) = place_of(&base.name)?;
    let now = children(registry, &repository, &base.digest).await?;
    let then = children(registry, &repository, then).await?;
    let (Some(now), Some(then)) = (now, then) else { return Ok(true) };
    let platforms = match used.platforms {
        _ if base.other_platform => Vec::new(),
        [] => platforms_of(registry, used).await?,
        configured => configured.to_vec(),
    };
    if platforms.is_empty() {
        return Ok(now != then);
    }
    let of = |children: &[Child], platform: &Platform| {
        children
            .iter()
            .find(|child| child.platform.as_ref() == Some(platform))
            .map(|child| child.digest.clone())
    };
    Ok(platforms
        .iter()
        .any(|platform| of(&now, platform).is_none() || of(&now, platform) != of(&then, platform)))
}

/// The platforms that an image is there for: what it was built for where nothing is configured.
async fn platforms_of(registry: &Registry, used: Used<'_>) -> Result<Vec<Platform>> {
    let question = Question { platforms: true, ..Question::default() };
    match inspect::inspect(registry, used.repository, used.digest, question).await {
        Lookup::Found(inspected) => Ok(inspected.details.platforms),
        Lookup::Missing => Ok(Vec::new()),
        Lookup::Unknown(error) => Err(error),
    }
}

/// The images of an index; `None` where it is none, or is not there any more.
async fn children(
    registry: &Registry,
    repository: &Repository,
    digest: &Digest,
) -> Result<Option<Vec<Child>>> {
    let manifest: Manifest = match registry.manifest(repository, Name::Digest(digest)).await {
        Lookup::Found(manifest) => manifest,
        Lookup::Missing => return Ok(None),
        Lookup::Unknown(error) => return Err(error),
    };
    let parsed = details::manifest(&manifest.bytes)?;
    Ok((!parsed.children.is_empty()).then_some(parsed.children))
}
