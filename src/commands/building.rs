//! `apply --build`: hands the remaining builds to a builder, parents first, and makes sure of what came out.

use std::collections::BTreeMap;

use crate::build::{self, AuthFile, Builder, Checkout, Options, Outcome, Source};
use crate::cli::{Apply, BuilderName};
use crate::commands::logins::Logins;
use crate::commands::planning::Prepared;
use crate::commands::session::Session;
use crate::commands::{parents, planning, publish, rival, told};
use crate::decision::Action;
use crate::details;
use crate::error::{Error, Errors, Result};
use crate::plan::{Image, Plan};
use crate::printer::Printer;
use crate::project::Project;
use crate::reference::{Repository, Tag};
use crate::registry::{Name, Registry};

/// The builder that the command line names, if it asks for builds.
pub(super) async fn builder(arguments: &Apply) -> Result<Option<Builder>> {
    if let Some(command) = &arguments.build_command {
        return Ok(Some(Builder::Command(command.clone())));
    }
    Ok(match arguments.build {
        None => None,
        Some(BuilderName::Auto) => Some(Builder::find(&[]).await?),
        Some(BuilderName::Buildx) => Some(installed(Builder::Buildx).await?),
        Some(BuilderName::Buildah) => Some(installed(Builder::Buildah).await?),
        Some(BuilderName::Podman) => Some(installed(Builder::Podman).await?),
    })
}

/// A builder that was named, once it is there: said once, and before anything is checked out.
async fn installed(builder: Builder) -> Result<Builder> {
    builder.installed(&[]).await.map(|()| builder)
}

/// Builds every image of the plan whose action is `build`. One image's failure does not stop the others, but its
/// children cannot be built.
pub(super) async fn build_all(
    session: &Session,
    prepared: &Prepared,
    registry: &Registry,
    builder: &Builder,
    plan: &mut Plan,
    printer: &Printer,
) -> Result<(), Errors> {
    let (project, generated) = (&prepared.project, generated(session));
    let work_dir = session.git.work_dir();
    let commit = plan.commit.clone();
    let common_dir = session.git.common_dir();
    let source = Source { common_dir: &common_dir, work_dir, commit: &commit, time: session.commit.time };
    let checkout = Checkout::create(source, &generated).await?;
    // The files are there until the last builder has ended.
    let logins = Logins::find(session, registry, builder, plan, printer).await?;
    let mut options = options(session, builder, &logins);
    let mut errors = Errors::default();
    let mut unbuilt: Vec<String> = Vec::new();
    for index in 0..plan.images.len() {
        if plan.images[index].action != Action::Build {
            continue;
        }
        let name = plan.images[index].name.clone();
        let parent = plan.images[index].depends_on.iter().find(|parent| unbuilt.contains(parent)).cloned();
        let built = match parent {
            Some(parent) => {
                Err(Error::unavailable(format!("{name} was not built, because its parent {parent} was not")))
            }
            None => {
                let build = request(session, project, plan, index, &generated);
                if let Builder::Command(command) = builder
                    && let Some(warning) = told::unread(command, &build)
                {
                    printer.warn(&warning);
                }
                printer.note(&format!("building {name}"));
                // A builder's own cache would give the old image again.
                let rebuild = plan.images[index].build.as_ref().is_some_and(|build| build.fresh);
                options.fresh = rebuild;
                options.push_hint = logins.hint(&build.repository);
                let image = &mut plan.images[index];
                let terms = Terms { rebuild, write_once: prepared.write_once(image) };
                let _stopped = printer.commands_stopped();
                one(registry, builder, &build, &checkout, &options, image, terms).await
            }
        };
        if let Err(error) = built {
            unbuilt.push(name);
            errors.push(error);
        }
    }
    errors.or(())
}

/// What holds for one image besides its plan.
struct Terms {
    /// A new image was asked for though the content is the same.
    rebuild: bool,
    /// The tags that are written once, of those that the build is to set.
    write_once: Vec<Tag>,
}

/// What holds for every build.
fn options(session: &Session, builder: &Builder, logins: &Logins) -> Options {
    let mut environment = logins.file.as_ref().map(AuthFile::environment).unwrap_or_default();
    // docker's newer clients let this variable go before the file, which has it all by now; a user's command may want
    // to read it.
    if logins.file.is_some() && !matches!(builder, Builder::Command(_)) {
        environment.push(("DOCKER_AUTH_CONFIG".into(), "".into()));
    }
    Options { plain_http: session.plain_http(), environment, ..Options::default() }
}

fn generated(session: &Session) -> Vec<String> {
    let mut paths: Vec<String> = session
        .definitions
        .iter()
        .flat_map(|located| located.defined.image.generated.keys().cloned())
        .collect();
    paths.sort();
    paths.dedup();
    paths
}

/// What the builder is told: the plan's build, with every parent that exists by now at its digest.
fn request(
    session: &Session,
    project: &Project,
    plan: &Plan,
    index: usize,
    generated: &[String],
) -> build::Build {
    let image = &plan.images[index];
    let mut build = image.build.clone().unwrap_or_default();
    let mut contexts: BTreeMap<String, String> = build.contexts.clone();
    if let Some(located) = session.definitions.iter().find(|located| located.defined.name == image.name) {
        for (name, context) in &located.defined.image.contexts {
            if let crate::config::NamedContext::Folder(path) = context {
                contexts.insert(name.clone(), format!("./{path}"));
            }
        }
    }
    let parents = project.get(&image.name).map(|assessed| assessed.parents.clone()).unwrap_or_default();
    let known = plan.images.iter().filter(|image| parents.values().any(|parent| *parent == image.name));
    let known = known.filter_map(|parent| Some((parent.name.as_str(), parent.digest.as_ref()?)));
    parents::record([&mut build.labels, &mut build.annotations], known);
    for (written, parent) in parents {
        let built = plan.images.iter().find(|image| image.name == parent);
        if let Some(parent) = built {
            let repository = absolute(&parent.repository);
            let context = planning::context(&repository, parent.digest.as_ref(), &parent.content_tag);
            contexts.insert(written, context);
        }
    }
    for value in contexts.values_mut() {
        if let Some(layout) = value.strip_prefix("oci-layout://") {
            let path = session.environment.directory().join(layout);
            *value = format!("oci-layout://{}", path.display());
        }
    }
    let mut tags = image.missing_tags.clone();
    if tags.is_empty() {
        tags.push(image.content_tag.clone());
    }
    // What the labels say, so that nothing of the image says otherwise.
    let created = build.labels.get(details::CREATED).and_then(|time| details::timestamp(time));
    let created = created.unwrap_or(session.commit.time);
    build::Build {
        name: image.name.clone(),
        commit: plan.commit.clone(),
        context: if build.context == "." { String::new() } else { build.context },
        dockerfile: build.dockerfile,
        target: build.target,
        args: build.args,
        contexts,
        platforms: build.platforms,
        repository: absolute(&image.repository),
        tags,
        labels: build.labels,
        annotations: build.annotations,
        generated: generated.to_vec(),
        cache_from: build.cache_from,
        created,
    }
}

/// Builders run elsewhere than the user: a folder is named by its absolute path.
fn absolute(repository: &Repository) -> Repository {
    match repository {
        Repository::Layout { dir, .. } => {
            Repository::Layout { dir: dir.clone(), shown: dir.display().to_string() }
        }
        remote => remote.clone(),
    }
}

async fn one(
    registry: &Registry,
    builder: &Builder,
    build: &build::Build,
    checkout: &Checkout,
    options: &Options,
    image: &mut Image,
    terms: Terms,
) -> Result<()> {
    // A tag that was there before the build is one that may move.
    let open = rival::open(registry, image, terms.write_once).await?;
    let before = publish::before(registry, image, terms.rebuild).await;
    let outcome = build::run(builder, build, checkout, options).await?;
    if let Outcome::Exported(exported) = &outcome {
        let manifest =
            publish::expect(registry, &exported.repository(), Name::Digest(exported.digest())).await?;
        for tag in &open {
            if let Some(other) = rival::find(registry, image, tag, &manifest.digest).await? {
                return rival::keep(registry, image, &build.tags, tag, other).await;
            }
        }
        registry.copy(&exported.repository(), &image.repository, &manifest).await?;
        for tag in &build.tags {
            publish::put(registry, image, tag, &manifest).await?;
        }
    }
    let Some(manifest) = publish::pushed(registry, image, &build.tags).await? else { return Ok(()) };
    let digest = match publish::content_tag(registry, image, &manifest, terms.rebuild).await? {
        Some(rival) => rival::yield_to(registry, image, &build.tags, rival, manifest).await?,
        None => manifest.digest,
    };
    let unchanged = before.as_ref() == Some(&digest);
    publish::settle(image, digest, &build.tags);
    if unchanged {
        publish::say_unchanged(image);
    }
    Ok(())
}
