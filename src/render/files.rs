//! `--output files=DIR`: one value a file, without a newline at the end, for systems that read files as parameters
//! (Tekton's results, Argo's outputs) and for shells (`$(cat DIR/count)`).
//!
//! Only which files there are, and what stands in them; the edge writes them.

use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::render::outputs::{self, Registry};

/// Paths below the folder, and their bytes. What is not known is an empty file, so that a reader never sees the value of
/// an earlier run.
pub fn plan(plan: &Plan) -> Result<Vec<(String, Vec<u8>)>> {
    let json = |value: &serde_json::Value| value.to_string();
    let count = outputs::count(plan);
    let whole = outputs::plan(plan, Registry::Named)
        .map_err(|error| Error::unavailable("the plan cannot be written as JSON").caused_by(error))?;
    let names: Vec<&str> = outputs::builds(plan).map(|(image, _)| image.name.as_str()).collect();
    let mut files = vec![
        ("commit".to_owned(), plan.commit.clone()),
        ("has-builds".to_owned(), (count > 0).to_string()),
        ("count".to_owned(), count.to_string()),
        ("builds".to_owned(), names.join("\n")),
        ("builds.json".to_owned(), json(&outputs::entries(plan, Registry::Named).into())),
        ("matrix".to_owned(), json(&outputs::matrix(plan, Registry::Named))),
        ("images".to_owned(), json(&outputs::images(plan, Registry::Named).into())),
        ("plan".to_owned(), json(&whole)),
    ];
    for image in &plan.images {
        let tags: Vec<&str> = image.tags.iter().map(|tag| tag.as_str()).collect();
        let values = [
            ("action", image.action.as_str().to_owned()),
            ("reason", image.reason.clone()),
            ("reference", outputs::reference(image, Registry::Named).unwrap_or_default()),
            ("digest", image.digest.as_ref().map(ToString::to_string).unwrap_or_default()),
            ("repository", image.repository.to_string()),
            ("content-hash", image.content_hash.clone()),
            ("content-tag", image.content_tag.to_string()),
            ("tags", tags.join("\n")),
        ];
        // A name with a slash is a folder in a folder.
        files.extend(values.map(|(key, value)| (format!("image/{}/{key}", image.name), value)));
    }
    let below =
        |path: &str, folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    for (folder, _) in &files {
        if let Some((path, _)) = files.iter().find(|(path, _)| below(path, folder)) {
            return Err(Error::invalid(format!("{folder} would be a file and, for {path}, a folder"))
                .hint("give one of the two images another name, or take --output json=plan.json"));
        }
    }
    Ok(files.into_iter().map(|(path, value)| (path, value.into_bytes())).collect())
}
