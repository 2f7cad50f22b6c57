//! `imgplan resolve`: the image of a commit, `repository@sha256:…`.
//!
//! The commit tag goes before the content tag, since it is what people and platforms launch; a difference is said.

use futures_util::StreamExt as _;

use crate::cli::{Common, Format, Resolve};
use crate::commands::repository::Purpose;
use crate::commands::session::Session;
use crate::commands::survey::CONCURRENT;
use crate::commands::{Ended, output, wait_for};
use crate::error::{Error, Errors, Kind, Result};
use crate::lookup::Lookup;
use crate::printer::Printer;
use crate::reference::{Digest, Repository, Tag};
use crate::registry::{Name, Registry};
use crate::tags;
use crate::text::sanitise;

struct Found {
    name: String,
    repository: Repository,
    digest: Digest,
    tag: Tag,
    note: Option<String>,
}

/// Runs it.
pub(super) fn run(common: &Common, arguments: &Resolve, printer: &Printer) -> Result<Ended, Errors> {
    let session = Session::open(common, &arguments.commit, &[], Purpose::Resolve, printer)?;
    let scope = arguments.scope.as_deref();
    let registry = session.registry()?;
    let commit_tag = session.commit_tag(scope)?;
    let mut project = session.assess(common, scope)?;
    let mut errors = std::mem::take(&mut project.errors);
    let wanted = |name: &str| common.images.is_empty() || common.images.iter().any(|image| image == name);
    let mut asked = Vec::new();
    for assessed in project.images.iter().filter(|assessed| wanted(&assessed.defined.name)) {
        let name = assessed.defined.name.clone();
        let Some(repository) = session.repository_of(&name) else { continue };
        let content_tag = tags::content_tag(&assessed.content_hash.to_string(), scope)?;
        asked.push(one(&registry, name, repository, commit_tag.clone(), content_tag));
    }
    let several = asked.len() > 1;
    let answers = futures_util::stream::iter(asked).buffered(CONCURRENT).collect::<Vec<_>>();
    let answers = wait_for(async { Ok(answers.await) })?;
    let mut found = Vec::new();
    for answer in answers {
        match answer {
            Ok(image) => found.push(image),
            Err(error) => errors.push(error),
        }
    }
    for image in &found {
        image.note.iter().for_each(|note| printer.note(note));
    }
    let written =
        output::write_each(common, printer, |format, _| write(format, &found, several, arguments.tag));
    errors.extend(written.0);
    Ok(Ended::with(errors))
}

async fn one(
    registry: &Registry,
    name: String,
    repository: &Repository,
    commit_tag: Option<Tag>,
    content_tag: Tag,
) -> Result<Found> {
    let commit = async {
        match &commit_tag {
            Some(tag) => registry.head(repository, Name::Tag(tag)).await,
            None => Lookup::Missing,
        }
    };
    let (commit, content) = tokio::join!(commit, registry.head(repository, Name::Tag(&content_tag)));
    let image = |digest, tag, note| {
        Ok(Found { name: name.clone(), repository: repository.clone(), digest, tag, note })
    };
    match (commit, content, commit_tag) {
        (Lookup::Unknown(error), _, _) | (_, Lookup::Unknown(error), _) => Err(error),
        (Lookup::Found(commit), Lookup::Found(content), Some(tag)) if commit.digest != content.digest => {
            let note = format!("{name}: {tag} is at {}, {content_tag} at {}", commit.digest, content.digest);
            image(commit.digest, tag, Some(note))
        }
        (Lookup::Found(commit), _, Some(tag)) => image(commit.digest, tag, None),
        (_, Lookup::Found(content), _) => image(content.digest, content_tag, None),
        (_, _, commit_tag) => {
            let looked =
                commit_tag.iter().chain([&content_tag]).map(Tag::as_str).collect::<Vec<_>>().join(" nor ");
            Err(Error::new(Kind::NotFound, format!("{name}: there is no image {looked} in {repository}"))
                .hint("build it: imgplan apply --build"))
        }
    }
}

fn write(format: Format, found: &[Found], several: bool, tag: bool) -> Result<Vec<u8>> {
    let reference = |image: &Found| match tag {
        true => image.repository.tagged(&image.tag),
        false => image.repository.at(&image.digest),
    };
    if format == Format::Json {
        let images: Vec<_> = found
            .iter()
            .map(|image| {
                serde_json::json!({
                    "name": image.name,
                    "reference": reference(image),
                    "repository": image.repository,
                    "digest": image.digest,
                    "tag": image.tag,
                })
            })
            .collect();
        let mut bytes = serde_json::to_vec_pretty(&serde_json::json!({ "version": 1, "images": images }))
            .map_err(|error| Error::unavailable("the answer cannot be written as JSON").caused_by(error))?;
        bytes.push(b'\n');
        return Ok(bytes);
    }
    let line = |image: &Found| match several {
        true => format!("{}\t{}\n", sanitise(&image.name), sanitise(&reference(image))),
        false => format!("{}\n", sanitise(&reference(image))),
    };
    Ok(found.iter().map(line).collect::<String>().into_bytes())
}
