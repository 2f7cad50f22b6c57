//! `--format gitlab`: a child pipeline with one job for each image that must be built.
//!
//! Each job runs `imgplan apply` for its image again, so it looks before it builds; `needs` has parents built first, and
//! `resource_group` lets only one pipeline at a time build one content. It must not know where options came from, nor
//! how the file reaches GitLab.

mod template;

use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::plan::{Image, Plan};
use crate::render::{outputs, yaml};
use crate::shell;
use crate::text::sanitise;
pub use template::Template;

/// The only stage: what comes first is said by `needs`.
const STAGE: &str = "build";
/// Bytes of an artifact that GitLab reads a child pipeline from.
const BYTES: usize = 5 * 1000 * 1000;
/// Jobs that one job may need, on an instance as it comes.
const NEEDS: usize = 50;
/// Characters of a job's name.
const NAME: usize = 255;

/// What the jobs repeat of the run that writes them.
#[derive(Debug, Clone, Default)]
pub struct Jobs {
    /// Words before `apply`: where it is to run.
    pub place: Vec<String>,
    /// The builder's name; none for the first that works.
    pub builder: Option<String>,
    /// The container image of the job that writes them, which has imgplan in it; for jobs that name no other.
    pub image: Option<String>,
    /// Options of this run that matter to the jobs, one word each.
    pub options: Vec<String>,
    /// The user's own job.
    pub template: Template,
}

/// The child pipeline. It is never empty, which GitLab takes for an error: where nothing is to be built, one job says so.
///
/// # Errors
/// What does not fit GitLab's limits, with what to do instead.
pub fn plan(plan: &Plan, jobs: &Jobs) -> Result<Vec<u8>> {
    let mut pipeline = Map::new();
    // Without rules of its own, the child of a merge request's pipeline would have no jobs.
    pipeline.insert("workflow".to_owned(), json!({ "rules": [{ "when": "always" }] }));
    pipeline.insert("stages".to_owned(), json!([STAGE]));
    for (image, _) in outputs::builds(plan) {
        let name = job_name(&image.name);
        if name.chars().count() > NAME {
            let text = format!("the job {name:?} has a longer name than GitLab's {NAME} characters");
            return Err(Error::invalid(text).hint("give the image a shorter name"));
        }
        pipeline.insert(name, job(plan, image, jobs)?);
    }
    if outputs::count(plan) == 0 {
        pipeline.insert("nothing to build".to_owned(), nothing(plan, jobs));
    }
    let text = yaml::document(&pipeline.into());
    if text.len() > BYTES {
        return Err(Error::invalid(format!(
            "a child pipeline of {} bytes, and GitLab reads {BYTES}: {} jobs",
            text.len(),
            outputs::count(plan)
        ))
        .hint("make --gitlab-job smaller, plan fewer images with --image, or build in one job: imgplan apply --build"));
    }
    Ok(text.into_bytes())
}

fn job_name(image: &str) -> String {
    format!("build {image}")
}

fn job(plan: &Plan, image: &Image, jobs: &Jobs) -> Result<Value> {
    let built = |name: &String| outputs::builds(plan).any(|(image, _)| image.name == *name);
    let needs: Vec<String> =
        image.depends_on.iter().filter(|name| built(name)).map(|name| job_name(name)).collect();
    if needs.len() > NEEDS {
        return Err(Error::invalid(format!(
            "the job of {} would need {} others, and GitLab allows {NEEDS}",
            image.name,
            needs.len()
        ))
        .hint("build in one job (imgplan apply --build), or have fewer parents"));
    }
    let ours = json!({
        "stage": STAGE,
        "needs": needs,
        "resource_group": image.content_tag,
        "script": [shell::line(&words(plan, image, jobs))],
    });
    let mut job = with_image(jobs);
    // Ours first, since that is what a person looks for.
    let mut merged = Map::new();
    for (key, value) in ours.as_object().into_iter().flatten() {
        job.shift_remove(key);
        merged.insert(key.clone(), value.clone());
    }
    merged.extend(job);
    Ok(merged.into())
}

/// The user's job. A child pipeline inherits no image from its parent.
fn with_image(jobs: &Jobs) -> Map<String, Value> {
    let mut job = jobs.template.job.clone();
    if let (Some(image), false) = (&jobs.image, job.contains_key("image")) {
        job.insert("image".to_owned(), image.clone().into());
    }
    job
}

/// What a job runs.
fn words(plan: &Plan, image: &Image, jobs: &Jobs) -> Vec<String> {
    let build = match (&jobs.template.script, &jobs.builder) {
        (Some(script), _) => format!("--build-command={script}"),
        (None, Some(builder)) => format!("--build={builder}"),
        (None, None) => "--build".to_owned(),
    };
    let mut words = vec!["imgplan".to_owned()];
    words.extend(jobs.place.iter().cloned());
    words.extend(["apply".to_owned(), build]);
    words.extend(jobs.options.iter().cloned());
    if is_built_for_its_parent(plan, image) && !words.iter().any(|word| word == "--force") {
        words.push("--force".to_owned());
    }
    words.extend(["--image".to_owned(), image.name.clone(), plan.commit.clone()]);
    words
}

/// Whether a new build is wanted though the registry has the content, because a parent is built again: its job, which looks
/// again, sees that only where the image records its parents. What is too old, say, it sees, and another pipeline may have built it since.
fn is_built_for_its_parent(plan: &Plan, image: &Image) -> bool {
    let built = |name: &String| outputs::builds(plan).any(|(image, _)| image.name == *name);
    image.build.as_ref().is_some_and(|build| build.fresh) && image.depends_on.iter().any(built)
}

/// One job that says why there are no others. Of the user's job it takes what it needs to be run at all.
fn nothing(plan: &Plan, jobs: &Jobs) -> Value {
    let ours = with_image(jobs);
    let lines = plan.images.iter().map(|image| {
        let line = format!("{}: {}, {}", image.name, image.action.as_str(), image.reason);
        shell::line(&["printf", "%s\\n", &sanitise(&line)])
    });
    let said: Vec<String> = [shell::line(&["echo", "nothing to build"])].into_iter().chain(lines).collect();
    let mut job = Map::new();
    job.insert("stage".to_owned(), STAGE.into());
    job.insert("needs".to_owned(), json!([]));
    job.insert("script".to_owned(), said.into());
    let kept = ["image", "tags", "variables", "inherit"].into_iter();
    job.extend(kept.filter_map(|key| Some((key.to_owned(), ours.get(key)?.clone()))));
    job.into()
}

#[cfg(test)]
#[path = "gitlab/tests.rs"]
mod tests;
