//! Which git attributes change the bytes of an input on disk.
//!
//! `text`, `eol`, `filter`, `working-tree-encoding` and `ident` decide what a checkout writes for the same blob, so the
//! effective ones belong to the input. Only `.gitattributes` of the commit count.

use std::collections::BTreeSet;

use bstr::{BString, ByteSlice};

use crate::attributes::Attributes;
use crate::error::Result;
use crate::inputs::locate::Located;
use crate::inputs::{Inputs, Key};
use crate::tree::{self, Id, Objects};

/// Attributes behind which the bytes on disk are not those that were read here.
const REWRITES: [&str; 3] = ["filter", "ident", "working-tree-encoding"];

/// Fills in the attributes of every regular file, and of the Dockerfile.
pub(super) fn apply(
    objects: &dyn Objects,
    repository: &Id,
    located: &Located,
    inputs: &mut Inputs,
) -> Result<()> {
    let dockerfile = &located.dockerfile_real;
    let paths: Vec<(Key, BString)> = inputs
        .files
        .iter()
        .filter(|(_, input)| input.mode.is_file())
        .map(|(key, _)| (key.clone(), inputs.repository_path(key)))
        .collect();
    let mut attributes = Attributes::new();
    let mut any = false;
    for folder in folders(paths.iter().map(|(_, path)| path).chain([dockerfile])) {
        let Some(entry) = tree::lookup(objects, repository, folder.as_bstr())? else { continue };
        if entry.mode != tree::Mode::Folder {
            continue;
        }
        // A link is not followed here, as git does not follow it either.
        if let Some(file) = tree::find(&objects.tree(&entry.id)?, b".gitattributes".as_bstr())
            && file.mode.is_file()
        {
            attributes.add(folder.as_bstr(), &objects.blob(&file.id)?)?;
            any = true;
        }
    }
    if any {
        inputs.dockerfile_attributes = attributes.effective(dockerfile.as_bstr());
        let mut rules = inputs.dockerfile_attributes.split(' ');
        if rules.any(|rule| REWRITES.contains(&rule.split('=').next().unwrap_or(rule))) {
            inputs.whole_dockerfile = Some(located.dockerfile_id);
        }
        for (key, path) in paths {
            if let Some(input) = inputs.files.get_mut(&key) {
                input.attributes = attributes.effective(path.as_bstr());
            }
        }
    }
    Ok(())
}

/// Every folder that holds one of the paths, and those above, the root first.
fn folders<'p>(paths: impl Iterator<Item = &'p BString>) -> BTreeSet<BString> {
    let mut folders = BTreeSet::from([BString::default()]);
    for path in paths {
        let mut rest = path.as_slice();
        while let Some(slash) = rest.rfind_byte(b'/') {
            rest = &rest[..slash];
            if !folders.insert(rest.into()) {
                break;
            }
        }
    }
    folders
}
