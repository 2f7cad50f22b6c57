//! `imgplan log`: commits beside the images they run on.

mod builds;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use futures_util::StreamExt as _;

use self::builds::Builds;
use crate::cli::{Common, Format, Log};
use crate::commands::CONCURRENT;
use crate::commands::facts::Gatherer;
use crate::commands::past::Past;
use crate::commands::range::Range;
use crate::commands::repository::Purpose;
use crate::commands::session::Session;
use crate::commands::{Ended, output, pager, wait_for};
use crate::difference::Difference;
use crate::error::{Errors, Result};
use crate::git::{Commit, Follow, Step};
use crate::lookup::Lookup;
use crate::printer::Printer;
use crate::progress::Progress;
use crate::reference::{Repository, Tag};
use crate::registry::{Name, Registry};
use crate::render;
use crate::tags;
use crate::timeline::{self, Entry, Place, Presence, Shown};
use crate::tree::Id;

/// Images whose digest is asked for, newest first: each is a request.
const ASKED: usize = 32;

/// Tags that are asked for one by one.
const FEW: usize = 4;

/// Commits that are shown unless more are asked for.
const SHOWN: usize = 1000;

/// Runs it.
pub(super) fn run(common: &Common, arguments: &Log, printer: &Printer) -> Result<Ended, Errors> {
    let range = Range::parse(&arguments.range)?;
    let session = Session::open(common, &range.tip, &[], Purpose::Resolve, printer)?;
    let follow = if arguments.graph { Follow::All } else { Follow::FirstParent };
    let limit = arguments.max_count.unwrap_or(SHOWN);
    let (steps, behind) = range.commits(&session.git, &session.commit, follow, Some(limit))?;
    let registry = session.registry()?;
    let mut entries = entries(&session, common, &steps, printer)?;
    let builds = Builds::new(&session.policy, common.scope.as_deref());
    let mut errors = wait_for(async { Ok(ask(&registry, &builds, &mut entries, printer).await) })?;
    timeline::place(&mut entries);
    let look =
        render::log::Look { graph: arguments.graph, colour: false, now: session.environment.now, behind };
    let paged = common.format == Format::Text && !arguments.no_pager && {
        let look = render::log::Look { colour: printer.colours_data(), ..look };
        pager::show(render::log::text(&entries, look).as_bytes(), &session.environment)
    };
    let written = output::write_each_but(common, printer, paged, |format, colour| match format {
        Format::Json => render::json::value(&serde_json::json!({ "version": 1, "commits": entries })),
        _ => Ok(render::log::text(&entries, render::log::Look { colour, ..look }).into_bytes()),
    });
    errors.extend(written.0);
    Ok(Ended::with(errors))
}

/// The commits with their hashes and causes; nothing is known of their images yet.
fn entries(
    session: &Session,
    common: &Common,
    steps: &[Step],
    printer: &Printer,
) -> Result<Vec<Entry>, Errors> {
    let scope = common.scope.as_deref();
    let past = Past::new(session, common);
    let gatherer = Gatherer::new(session, common);
    let repositories: HashMap<&str, &Repository> =
        session.definitions.iter().map(|placed| (placed.defined.name.as_str(), &placed.repository)).collect();
    let progress = Progress::start(printer, "reading history", steps.len() as u64);
    let known: HashMap<Id, &Commit> = steps.iter().map(|step| (step.commit.id, &step.commit)).collect();
    let mut entries = Vec::with_capacity(steps.len());
    for step in steps {
        let sha = step.commit.id.to_string();
        // Only that of the last one shown is not among them.
        let parent = match step.parents.first() {
            Some(id) => Some(match known.get(id) {
                Some(parent) => (*parent).clone(),
                None => session.git.commit(&id.to_string())?,
            }),
            None => None,
        };
        let mut images = Vec::new();
        for seen in past.at(&step.commit)?.iter() {
            let hash = seen.hash.as_ref().ok().map(ToString::to_string);
            let facts =
                gatherer.of(&step.commit, (&seen.name, hash.as_deref().unwrap_or_default()), scope)?;
            images.push(Shown {
                name: seen.name.clone(),
                repository: repositories.get(seen.name.as_str()).copied().cloned(),
                content_tag: hash.as_deref().map(|hash| tags::content_tag(hash, scope)).transpose()?,
                trusted: match (session.trusted_of(&seen.name), &hash) {
                    (Some(there), Some(hash)) => Some((there.clone(), tags::content_tag(hash, None)?)),
                    _ => None,
                },
                commit_tag: gatherer.commit_tag(&facts)?,
                built: None,
                image: if hash.is_some() { Presence::Missing } else { Presence::Refused },
                content_hash: hash,
                digest: None,
                cause: match &seen.hash {
                    Ok(_) => cause(&past, step, parent.as_ref(), &seen.name)?,
                    Err(why) => Some(why.clone()),
                },
                place: Place::Alone,
            });
        }
        entries.push(Entry {
            subject: session.git.subject(&step.commit.id)?,
            commit: sha,
            parents: step.parents.iter().map(ToString::to_string).collect(),
            time: step.commit.time,
            images,
        });
        progress.tick(entries.len() as u64);
    }
    Ok(entries)
}

/// Why a commit needs another image than its first parent; nothing where it needs the same.
pub(super) fn cause(
    past: &Past<'_>,
    step: &Step,
    parent: Option<&Commit>,
    name: &str,
) -> Result<Option<String>, Errors> {
    let Some(parent) = parent else {
        let why = if step.cut_off { "this clone's history ends here" } else { "the first commit" };
        return Ok(Some(why.to_owned()));
    };
    if past.hash(parent, name)? == past.hash(&step.commit, name)? {
        return Ok(None);
    }
    Ok(Some(match (past.assessed_at(parent, name)?, past.assessed_at(&step.commit, name)?) {
        (Some(before), Some(after)) => Difference::between(&before, &after).summary(),
        _ => "the first commit that has this image".to_owned(),
    }))
}

/// Finds out which images are there: by one list of tags for each repository, and a HEAD for each image that is shown
/// with its digest.
async fn ask(registry: &Registry, builds: &Builds<'_>, entries: &mut [Entry], printer: &Printer) -> Errors {
    let mut asked: BTreeMap<String, (Repository, BTreeSet<Tag>)> = BTreeMap::new();
    for image in entries.iter().flat_map(|entry| &entry.images) {
        let own = image.repository.as_ref();
        let own = own.map(|own| (own, image.commit_tag.iter().chain(&image.content_tag).cloned().collect()));
        let trusted = image.trusted.as_ref().map(|(repository, tag)| (repository, vec![tag.clone()]));
        for (repository, tags) in own.into_iter().chain(trusted) {
            let (_, all) =
                asked.entry(repository.to_string()).or_insert((repository.clone(), BTreeSet::new()));
            all.extend(tags);
        }
    }
    let progress = Progress::start(printer, "asking the registry", asked.len() as u64);
    let wanted: Vec<(Repository, Vec<Tag>)> =
        asked.into_values().map(|(repository, tags)| (repository, tags.into_iter().collect())).collect();
    let lists = futures_util::stream::iter(&wanted)
        .map(|(repository, tags)| async move {
            let few = tags.len() <= FEW && builds.is_empty();
            (repository.to_string(), there(registry, repository, tags, few).await)
        })
        .buffered(CONCURRENT)
        .collect::<Vec<_>>()
        .await;
    drop(progress);
    let mut errors = Errors::default();
    let mut known: HashMap<String, Option<HashSet<Tag>>> = HashMap::new();
    for (repository, list) in lists {
        let tags = match list {
            Lookup::Found(tags) => {
                builds.of_commits(entries, &repository, &tags);
                Some(tags.into_iter().collect())
            }
            Lookup::Missing => Some(HashSet::new()),
            Lookup::Unknown(error) => {
                errors.push(error);
                None
            }
        };
        known.insert(repository, tags);
    }
    presence(entries, &known);
    errors.extend(digests(registry, entries).await.0);
    errors.extend(builds.of_images(registry, entries, &known).await.err());
    errors
}

/// Which of the tags are there: by a HEAD each where they are few, since a list has as many pages as it likes; else by
/// the list.
async fn there(registry: &Registry, repository: &Repository, tags: &[Tag], few: bool) -> Lookup<Vec<Tag>> {
    if !few {
        return registry.tags(repository).await;
    }
    let mut found = Vec::new();
    for tag in tags {
        match registry.head(repository, Name::Tag(tag)).await {
            Lookup::Found(_) => found.push(tag.clone()),
            Lookup::Missing => {}
            Lookup::Unknown(error) => return Lookup::Unknown(error),
        }
    }
    Lookup::Found(found)
}

fn presence(entries: &mut [Entry], known: &HashMap<String, Option<HashSet<Tag>>>) {
    // Contents whose image is under some commit's tag, though not under their own.
    let mut by_commit: HashSet<(String, String)> = HashSet::new();
    for pass in 0..2 {
        for image in entries.iter_mut().flat_map(|entry| &mut entry.images) {
            let Some(hash) = &image.content_hash else { continue };
            let key = (image.name.clone(), hash.clone());
            let tags = image.repository.as_ref().and_then(|repository| known.get(&repository.to_string()));
            let Some(tags) = tags.and_then(Option::as_ref) else {
                image.image = Presence::Unknown;
                continue;
            };
            let has = |tag: &Option<Tag>| tag.as_ref().is_some_and(|tag| tags.contains(tag));
            let trusted = match image.trusted.clone().filter(|_| !has(&image.commit_tag)) {
                None => None,
                Some((repository, tag)) => {
                    match known.get(&repository.to_string()).and_then(Option::as_ref) {
                        Some(tags) => Some((repository, tag)).filter(|(_, tag)| tags.contains(tag)),
                        None => {
                            image.image = Presence::Unknown;
                            continue;
                        }
                    }
                }
            };
            if let Some((repository, tag)) = trusted {
                image.image = Presence::ContentTag;
                (image.repository, image.content_tag) = (Some(repository), Some(tag));
                continue;
            }
            image.image = if has(&image.commit_tag) {
                by_commit.insert(key);
                Presence::CommitTag
            } else if has(&image.content_tag) {
                Presence::ContentTag
            } else if pass == 1 && by_commit.contains(&key) {
                Presence::OtherCommit
            } else {
                Presence::Missing
            };
        }
    }
}

/// The digests of the newest images: one request for each content, not for each commit.
async fn digests(registry: &Registry, entries: &mut [Entry]) -> Errors {
    let mut wanted: Vec<(Repository, Tag)> = Vec::new();
    let mut met: HashSet<(String, Tag)> = HashSet::new();
    for image in entries.iter().flat_map(|entry| &entry.images) {
        if let (Some(repository), Some(tag)) = (&image.repository, tag_of(image))
            && wanted.len() < ASKED
            && met.insert((repository.to_string(), tag.clone()))
        {
            wanted.push((repository.clone(), tag.clone()));
        }
    }
    let heads = futures_util::stream::iter(&wanted)
        .map(|(repository, tag)| async move { registry.head(repository, Name::Tag(tag)).await })
        .buffered(CONCURRENT)
        .collect::<Vec<_>>()
        .await;
    let mut errors = Errors::default();
    let mut found: HashMap<(String, Tag), Option<crate::reference::Digest>> = HashMap::new();
    for ((repository, tag), head) in wanted.into_iter().zip(heads) {
        let digest = match head {
            Lookup::Found(descriptor) => Some(descriptor.digest),
            Lookup::Missing => None,
            Lookup::Unknown(error) => {
                errors.push(error);
                None
            }
        };
        found.insert((repository.to_string(), tag), digest);
    }
    for image in entries.iter_mut().flat_map(|entry| &mut entry.images) {
        if let (Some(repository), Some(tag)) = (&image.repository, tag_of(image)) {
            image.digest = found.get(&(repository.to_string(), tag.clone())).cloned().flatten();
        }
    }
    errors
}

/// The tag that an image is asked by. The content tag is the same for all commits that share the image.
fn tag_of(image: &Shown) -> Option<&Tag> {
    match image.image {
        Presence::CommitTag => image.commit_tag.as_ref(),
        Presence::ContentTag => image.content_tag.as_ref(),
        _ => None,
    }
}
