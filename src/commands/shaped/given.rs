//! Which tag of a wanted shape an image has, and which it would be given.

use std::rc::Rc;

use super::{Shape, any, at_image};
use crate::commands::facts::{Gathered, Gatherer};
use crate::commands::inspect::{self, Question};
use crate::commands::lists::Lists;
use crate::commands::subject::{Asked, Subject};
use crate::decision::{Answers, Decision, Details, Image, Once};
use crate::details;
use crate::error::{Error, Errors, Result};
use crate::git;
use crate::lookup::Lookup;
use crate::reference::{Digest, Repository, Tag};
use crate::registry::{Name, Registry};
use crate::tags::readback::{self, Candidate};
use crate::tags::{self, Facts, Template, shape};

/// Candidates that are asked for one after the other before the image is asked at which commit it was built.
const FEW: usize = 4;

/// Who is asked, and about what.
pub(in crate::commands) struct Asking<'a> {
    pub(in crate::commands) registry: &'a Registry,
    pub(in crate::commands) lists: &'a Lists,
    pub(in crate::commands) gatherer: &'a Gatherer<'a>,
    pub(in crate::commands) subject: &'a Subject,
    /// Seconds since the epoch.
    pub(in crate::commands) now: i64,
}

/// The image that a shape is asked about, with what it says of itself once that was asked.
struct At<'a> {
    repository: &'a Repository,
    digest: &'a Digest,
    details: Option<Details>,
}

/// Finds for each wanted shape the tag that the decided image has, else the one that it would be given; for a build the
/// one that is pushed. What could not be told makes the whole answer unknown.
pub(in crate::commands) async fn answer(asking: &Asking<'_>, asked: &mut Asked, decision: &Decision) {
    let subject = asking.subject;
    asked.answers.once.truncate(subject.once.len());
    asked.given.clear();
    asked.left_out.clear();
    let other = decision.from.as_ref().and_then(|from| from.repository.as_ref());
    let repository = other.unwrap_or(&subject.repository);
    let mut at = decision.digest.as_ref().map(|digest| At { repository, digest, details: None });
    if let Err(error) = try_answer(asking, asked, at.as_mut()).await {
        asked.answers.unlisted = Some(error);
    }
    if let Some(At { digest, details: Some(details), .. }) = at {
        learn(&mut asked.answers, digest, &details);
    }
}

async fn try_answer(asking: &Asking<'_>, asked: &mut Asked, mut at: Option<&mut At<'_>>) -> Result<()> {
    let subject = asking.subject;
    let listed = asking.lists.of(asking.registry, &subject.repository).await?;
    for shape in &subject.shapes {
        let has = match &mut at {
            Some(at) => instead(asking, shape, &listed, at).await?,
            None => None,
        };
        if let (Some(tag), Some(at)) = (has, &at) {
            asked.given.push((shape.order, tag.clone()));
            let at = Lookup::Found(Image { digest: at.digest.clone(), details: None });
            asked.answers.once.push(Once { tag: tag.clone(), at, instead: Some(tag), names_commit: false });
            continue;
        }
        let (gathered, built) = match &mut at {
            Some(at) => (made_from(asking, &shape.template, at).await?, made_at(asking, at).await?),
            None => (subject.facts.clone(), asking.now),
        };
        let Some(tag) = rendered(asking, &shape.template, &gathered, built, &listed)? else {
            asked.left_out.push(format!(
                "the tag {} is left out: what it names is not known here",
                shape.template.text
            ));
            continue;
        };
        let at = taken(asking, &tag, &listed).await;
        asked.given.push((shape.order, tag.clone()));
        let names_commit = tags::names_commit(&shape.template);
        asked.answers.once.push(Once { tag, at, instead: None, names_commit });
    }
    Ok(())
}

/// A tag of the shape that is at the image: first those that name this commit, then those of the commit that the image says
/// it was built at, then the newest.
async fn instead(
    asking: &Asking<'_>,
    shape: &Shape,
    listed: &Rc<Vec<Tag>>,
    at: &mut At<'_>,
) -> Result<Option<Tag>> {
    let subject = asking.subject;
    let all = readback::of_shape(&shape.template, &any(&subject.facts.facts()), listed);
    let (own, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.is_of(&subject.facts.sha));
    let found = at_image(asking.registry, &subject.repository, own, at.digest).await?;
    if let Some(Candidate { tag, .. }) = found {
        return Ok(Some(tag));
    }
    let rest = match rest.len() > FEW {
        true => {
            let revision = details(asking, at).await?.revision.clone();
            let revision: Vec<&str> = revision.as_deref().into_iter().collect();
            readback::likeliest(rest, &revision)
        }
        false => rest,
    };
    let found = at_image(asking.registry, &subject.repository, rest, at.digest).await?;
    Ok(found.map(|one| one.tag))
}

/// What the image says of itself; read once.
async fn details<'d>(asking: &Asking<'_>, at: &'d mut At<'_>) -> Result<&'d Details> {
    if at.details.is_none() {
        let question = Question {
            mark: true,
            created: true,
            made: true,
            revision: true,
            expires: true,
            ..Question::default()
        };
        at.details = match inspect::inspect(asking.registry, at.repository, at.digest, question).await {
            Lookup::Found(inspected) => Some(inspected.details),
            Lookup::Missing => {
                return Err(Error::unavailable(format!(
                    "{} is not there any more",
                    at.repository.at(at.digest)
                ))
                .hint("run again"));
            }
            Lookup::Unknown(error) => return Err(error),
        };
    }
    Ok(at.details.get_or_insert_default())
}

/// The facts of the commit that the image was built at, if it says so in a way that can be believed and used; else of this
/// commit. Builders pass labels on from a base image, so without an equal mark the word may be about that one.
async fn made_from(asking: &Asking<'_>, template: &Template, at: &mut At<'_>) -> Result<Gathered> {
    let own = &asking.subject.facts;
    let details = details(asking, at).await?;
    let marked = details.mark.as_ref() == Some(&asking.subject.content_hash);
    let revision = details.revision.as_ref().filter(|id| marked && git::is_full_id(id) && **id != own.sha);
    let Some(revision) = revision.map(|id| id.to_ascii_lowercase()) else { return Ok(own.clone()) };
    let session = asking.gatherer.session();
    if session.git.lacks(&revision)? {
        let needs = tags::needs(template);
        // Of a commit that is not here, its id alone is known.
        let enough = !(needs.commit_date || needs.describe || needs.input_sha);
        return Ok(if enough { own.of_absent(revision) } else { own.clone() });
    }
    let commit = match session.git.commit(&revision) {
        Ok(commit) => commit,
        // An image may name anything, a folder's id, too.
        Err(error) if error.kind() == crate::error::Kind::Invalid => return Ok(own.clone()),
        Err(error) => return Err(error),
    };
    let image = own.facts().image;
    let gathered = asking.gatherer.of(&commit, (image, &own.content_hash), own.scope.as_deref());
    let gathered = gathered.map_err(first)?;
    // Who wants the tag is this run.
    Ok(gathered.in_run_of(own))
}

/// When the image was made: by its configuration, or by its annotation if that is later (imgplan's own says the commit's
/// time); now where neither tells a time.
async fn made_at(asking: &Asking<'_>, at: &mut At<'_>) -> Result<i64> {
    let details = details(asking, at).await?;
    let marked = details.mark.as_ref() == Some(&asking.subject.content_hash);
    let told = [details.made, details.created.filter(|_| marked)];
    let times = told.into_iter().flatten().filter(|time| !details::is_no_time(*time));
    Ok(times.max().map_or(asking.now, |time| time.min(asking.now)))
}

fn rendered(
    asking: &Asking<'_>,
    template: &Template,
    gathered: &Gathered,
    built: i64,
    listed: &Rc<Vec<Tag>>,
) -> Result<Option<Tag>> {
    let facts = Facts { build_date: Some(built), ..gathered.facts() };
    let count = shape::next_count(template, &facts, listed.iter().map(Tag::as_str));
    asking.gatherer.session().render(template, &Facts { count: Some(count), ..facts })
}

/// Where the tag is that would be given: mostly nowhere, as the list says.
async fn taken(asking: &Asking<'_>, tag: &Tag, listed: &Rc<Vec<Tag>>) -> Lookup<Image> {
    if !listed.contains(tag) {
        return Lookup::Missing;
    }
    let repository = &asking.subject.repository;
    let head = asking.registry.head(repository, Name::Tag(tag)).await;
    let question = Question { mark: true, ..Question::default() };
    inspect::details(asking.registry, repository, head, question, &mut std::collections::BTreeMap::new())
        .await
}

/// Notes of an image whether a registry will delete it, now that it would get a tag that is to last.
fn learn(answers: &mut Answers, digest: &Digest, told: &Details) {
    for image in answers.images_mut().filter(|image| image.digest == *digest) {
        image.details.get_or_insert_default().expires_after.clone_from(&told.expires_after);
    }
}

fn first(errors: Errors) -> Error {
    errors.0.into_iter().next().unwrap_or_else(|| Error::unavailable("the commit could not be read again"))
}
