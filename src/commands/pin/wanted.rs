//! Which images the files may name, which of them are wanted, and what the registries have under the tags that are named.

use std::collections::{BTreeMap, HashMap};

use futures_util::StreamExt as _;

use crate::cli::{Common, Pin};
use crate::commands::CONCURRENT;
use crate::commands::resolve::images::{self, Found, Image};
use crate::commands::session::Session;
use crate::error::{Error, Errors, Kind, Result};
use crate::lookup::Lookup;
use crate::pin::{Presence, Site, Wanted, asks_for_tag};
use crate::reference::{ImageName, Repository, Tag};
use crate::registry::{Name, Registry};

/// An image of this project in a repository that a file may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// The image's name.
    pub(super) image: String,
    /// Its own repository, or one of `look-in`.
    pub(super) repository: Repository,
}

/// All of them, by what a file would write.
pub(super) struct Targets(BTreeMap<ImageName, Target>);

impl Targets {
    /// The wanted images of the commit.
    pub(super) fn of(session: &Session, common: &Common) -> Result<Targets> {
        let mut all = BTreeMap::new();
        for placed in &session.definitions {
            let image = &placed.defined.name;
            if !common.images.is_empty() && !common.images.contains(image) {
                continue;
            }
            let others = session.look_in(&placed.defined.image.id)?;
            for repository in std::iter::once(placed.repository.clone()).chain(others) {
                if let Repository::Remote { .. } = &repository
                    && let Some(name) = ImageName::parse_without_default(&repository.to_string())
                {
                    // Its own repository goes before what another image may be looked for in.
                    all.entry(name).or_insert(Target { image: image.clone(), repository });
                }
            }
        }
        if all.is_empty() {
            return Err(Error::invalid("the images are in an oci: folder, which no file can name")
                .hint("--repository HOST/PATH or `repository` in imgplan.toml says where they are"));
        }
        Ok(Targets(all))
    }

    /// The image that a reference names, if it is one of them.
    pub(super) fn get(&self, site: &Site) -> Option<&Target> {
        self.0.get(&site.name)
    }
}

/// What the registries said.
pub(super) struct Answers {
    wanted: HashMap<String, Result<Wanted>>,
    tags: HashMap<(String, String), Result<Presence>>,
    of_commit: bool,
    /// What a person should know of how images were found.
    pub(super) notes: Vec<String>,
    /// Why inputs of the commit could not be read.
    unread: Vec<Error>,
}

impl Answers {
    /// The image that a target should be pinned to, if it was found.
    pub(super) fn wanted(&self, target: &Target) -> Option<&Wanted> {
        self.wanted.get(&target.repository.to_string())?.as_ref().ok()
    }

    /// Whether a commit's images are wanted, not a release's.
    pub(super) fn is_of_commit(&self) -> bool {
        self.of_commit
    }

    /// What is under the tag of a reference, if that was asked and answered.
    pub(super) fn presence(&self, site: &Site, target: &Target) -> Option<&Presence> {
        let key = (target.repository.to_string(), site.tag.clone()?);
        self.tags.get(&key)?.as_ref().ok()
    }

    /// What could not be answered, once each.
    pub(super) fn errors(self, named: &[(&Site, &Target)]) -> Vec<Error> {
        let Answers { mut wanted, mut tags, unread: mut errors, .. } = self;
        for (site, target) in named {
            let repository = target.repository.to_string();
            errors.extend(wanted.remove(&repository).and_then(Result::err));
            let tag = site.tag.clone().unwrap_or_default();
            errors.extend(tags.remove(&(repository, tag)).and_then(Result::err));
        }
        errors
    }
}

/// Asks for the images of all references, each once, then for the tags that matter.
pub(super) async fn ask(
    session: &Session,
    common: &Common,
    arguments: &Pin,
    registry: &Registry,
    named: &[(&Site, &Target)],
) -> Result<Answers, Errors> {
    let mut targets: Vec<&Target> = Vec::new();
    for (_, target) in named {
        if !targets.contains(target) {
            targets.push(target);
        }
    }
    let (mut notes, mut unread) = (Vec::new(), Vec::new());
    let found = match &arguments.release {
        Some(tag) => released(registry, &targets, tag).await,
        None => {
            of_commit((session, common, arguments), registry, &targets, (&mut notes, &mut unread)).await?
        }
    };
    let wanted: HashMap<String, Result<Wanted>> =
        targets.iter().map(|target| target.repository.to_string()).zip(found).collect();
    let mut asked: BTreeMap<(String, String), (&Repository, Tag)> = BTreeMap::new();
    for (site, target) in named {
        let repository = target.repository.to_string();
        if let Some(Ok(wanted)) = wanted.get(&repository)
            && asks_for_tag(site, wanted)
            && let Some(tag) = &site.tag
        {
            asked.insert((repository, tag.clone()), (&target.repository, Tag::new(tag.clone())?));
        }
    }
    let asked = asked.into_iter().map(async |(key, (repository, tag))| {
        let presence = match registry.head(repository, Name::Tag(&tag)).await {
            Lookup::Found(there) => Ok(Presence::At(there.digest)),
            Lookup::Missing => Ok(Presence::Gone),
            Lookup::Unknown(error) => Err(error),
        };
        (key, presence)
    });
    let tags = futures_util::stream::iter(asked).buffered(CONCURRENT).collect().await;
    Ok(Answers { wanted, tags, of_commit: arguments.release.is_none(), notes, unread })
}

async fn of_commit(
    (session, common, arguments): (&Session, &Common, &Pin),
    registry: &Registry,
    targets: &[&Target],
    (notes, unread): (&mut Vec<String>, &mut Vec<Error>),
) -> Result<Vec<Result<Wanted>>, Errors> {
    let places: Vec<(String, Repository)> =
        targets.iter().map(|target| (target.image.clone(), target.repository.clone())).collect();
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let names = places.iter().map(|(name, _)| name.clone()).collect();
    // What is pinned is for everybody: no scope's image.
    let wanted = Common { images: names, scope: None, ..common.clone() };
    let spec = arguments.at.as_deref().unwrap_or("HEAD");
    let (images, errors) = images::images_in(registry, &wanted, session, spec, &places).await?;
    unread.extend(errors.0);
    let mut all = Vec::with_capacity(images.len());
    for Image { name, found, .. } in images {
        all.push(match found {
            Ok(Found { digest, tag: Some(tag), notes: said, .. }) => {
                notes.extend(said.iter().map(|note| format!("{name}: {note}")));
                Ok(Wanted { tag, digest })
            }
            Ok(Found { tag: None, .. }) => Err(Error::unavailable("the image was found under no tag")),
            Err(error) => Err(no_image(error)),
        });
    }
    Ok(all)
}

async fn released(registry: &Registry, targets: &[&Target], tag: &Tag) -> Vec<Result<Wanted>> {
    let asked = targets.iter().map(|target| async {
        match registry.head(&target.repository, Name::Tag(tag)).await {
            Lookup::Found(there) => Ok(Wanted { tag: tag.clone(), digest: there.digest }),
            Lookup::Unknown(error) => Err(error),
            Lookup::Missing => Err(Error::invalid(format!(
                "{}: there is no image {tag} in {}",
                target.image, target.repository
            ))
            .hint("--release takes a tag of the registry; --at takes a commit")),
        }
    });
    futures_util::stream::iter(asked).buffered(CONCURRENT).collect().await
}

/// That a commit has no image means here that the commit is the wrong one to pin to.
fn no_image(error: Error) -> Error {
    if error.kind() != Kind::NotFound {
        return error;
    }
    let wrong = Error::invalid(error.message());
    error.hints().iter().fold(wrong, |wrong, hint| wrong.hint(hint.clone()))
}
