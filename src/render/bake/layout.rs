//! Builds whose repository is a folder: no tag of docker's can name it, but BuildKit merges an image into the
//! `index.json` of one, under the tags of the names that it gets.

use super::Refused;
use crate::plan::{Build, Image};

/// The `output` of such a target: a line of CSV.
///
/// BuildKit leaves an older entry of the same tag where it was, unless it wrote that one itself under the same name; the
/// tag would then be at two images, and imgplan could say no more what it is.
pub(super) fn output(image: &Image, build: &Build) -> Result<String, Refused> {
    if build.fresh {
        return Err("in a folder, the older image of this content would keep its tag besides".to_owned());
    }
    let repository = image.repository.to_string();
    let dest = repository.strip_prefix("oci:").unwrap_or(&repository);
    // Of the name only the tag is kept as the tag; what is before it must merely be a name.
    let tags = build.tags.iter().filter_map(|tag| tag.strip_prefix(&repository)?.strip_prefix(':'));
    let names: Vec<String> = tags.map(|tag| format!("localhost/imgplan:{tag}")).collect();
    let field = |key: &str, value: &str| format!("\"{key}={}\"", value.replace('"', "\"\""));
    Ok(["type=oci".to_owned(), "tar=false".to_owned(), field("dest", dest), field("name", &names.join(","))]
        .join(","))
}
