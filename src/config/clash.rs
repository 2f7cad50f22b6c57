//! Two images that would push the same tags to the same repository.
//!
//! Only what the file says is compared: a repository from the command line or the environment is not known here.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use crate::config::source::Report;
use crate::config::table::join;
use crate::config::{Image, ImageId, Policy};
use crate::reference::Repository;

/// Reports every image whose repository is that of an image before it.
pub(super) fn check(report: &mut Report<'_>, policy: &Policy, images: &[Image]) {
    let mut first: BTreeMap<String, &Image> = BTreeMap::new();
    for image in images {
        let place = image.places.get("repository").unwrap_or(&image.place);
        let repository = match (&image.repository, &policy.repository, &image.id) {
            (Some(own), ..) => own.clone(),
            // The key was there and wrong, which is reported already.
            (None, ..) if image.places.contains_key("repository") => continue,
            (None, Some(whole), ImageId::Own) => whole.clone(),
            (None, Some(whole), ImageId::Named(name)) => match whole.join(name) {
                Ok(repository) => repository,
                // Wrong by its name, which is reported already, or too long.
                Err(_) if report.has_at(&image.place) => continue,
                Err(error) => {
                    report.push(error.at(place.clone()));
                    continue;
                }
            },
            (None, None, _) => continue,
        };
        let other = match first.get(&same(&repository)) {
            Some(other) => *other,
            None => {
                first.insert(same(&repository), image);
                continue;
            }
        };
        let table = match &other.id {
            ImageId::Own => "image".to_owned(),
            ImageId::Named(name) => join("images", name),
        };
        let message =
            format!("the repository {repository} is also that of [{table}], so both have the same tags");
        report.wrong_but(place, message, "give one of them a `repository` of its own");
    }
}

/// One text for all spellings of a repository.
fn same(repository: &Repository) -> String {
    match repository {
        Repository::Remote { registry, path } => format!("{}/{path}", registry.to_lowercase()),
        Repository::Layout { dir, .. } => format!("oci:{}", plain(dir).display()),
    }
}

fn plain(dir: &Path) -> PathBuf {
    dir.components().filter(|part| *part != Component::CurDir).collect()
}
