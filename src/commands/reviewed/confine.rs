//! Where a plan may write. It may come from a stranger's job, so what this run was told goes before what it says.

use std::path::Path;

use crate::cli::Common;
use crate::commands::environment::Environment;
use crate::error::{Error, Errors, Place, Result};
use crate::plan::{Image, Plan};
use crate::reference::{Repository, Tag};
use crate::tags;

/// Refuses tags of another scope than this run's; where a repository is named, anything outside of it.
pub(super) fn confine(
    plan: &Plan,
    common: &Common,
    environment: &Environment,
    file: &Path,
) -> Result<(), Errors> {
    let named = common.repository.as_deref().or_else(|| environment.get("IMGPLAN_REPOSITORY"));
    let named = named.map(|named| Repository::parse(named, environment.directory())).transpose()?;
    let mut errors = Errors::default();
    for image in &plan.images {
        let mut refuse = |fault: String, hint: &str| {
            let error = Error::invalid(format!("{}: {fault}", image.name));
            errors.push(error.at(Place::file(file.display().to_string())).hint(hint));
        };
        if let Some(named) = named.as_ref().filter(|named| !image.repository.is_within(named)) {
            let hint = "--repository says where this plan may write: leave it out, or make the plan for it";
            refuse(format!("{} is not in {named}", image.repository), hint);
        }
        if let Some(tag) = out_of_scope(image, common.scope.as_deref())? {
            let hint = "give the --scope that the plan was made with (IMGPLAN_SCOPE), or none";
            let scope = common.scope.as_ref().map_or_else(String::new, |scope| format!(" {scope:?}"));
            refuse(format!("the tag {tag} is none of this run's scope{scope}"), hint);
        }
    }
    errors.or(())
}

/// The first tag that a run with this scope would not write.
fn out_of_scope(image: &Image, scope: Option<&str>) -> Result<Option<String>> {
    if image.content_tag != tags::content_tag(&image.content_hash, scope)? {
        return Ok(Some(image.content_tag.to_string()));
    }
    let Some(scope) = scope else { return Ok(None) };
    let tags = image.tags.iter().chain(&image.missing_tags).chain(image.moves.iter().map(|step| &step.tag));
    let mut tags = tags.map(Tag::as_str);
    Ok(tags.find(|tag| !tag.starts_with(&format!("{scope}-"))).map(str::to_owned))
}
