//! Which git attributes change the bytes of an input on disk.
//!
//! `text`, `eol`, `filter`, `working-tree-encoding` and `ident` decide what a checkout writes for the same blob, so the
//! effective ones belong to the input. Only `.gitattributes` of the commit count.

use std::collections::BTreeSet;

use bstr::{BStr, BString, ByteSlice};

use crate::attributes::Attributes;
use crate::error::Result;
use crate::inputs::locate::Located;
use crate::inputs::{Files, Inputs, Root};
use crate::tree::{self, Id, Objects};

/// Attributes behind which the bytes on disk are not those that were read here.
const REWRITES: [&str; 3] = ["filter", "ident", "working-tree-encoding"];

/// Fills in the attributes of every regular file, and of the Dockerfile.
pub(super) fn apply(
    objects: &dyn Objects,
    repository: &Id,
    located: &Located,
    inputs: &mut Inputs,
    files: &mut Files,
) -> Result<()> {
    let dockerfile = &located.dockerfile_real;
    let mut attributes = Attributes::new();
    let mut any = false;
    for folder in folders(inputs, files, dockerfile.as_bstr()) {
        let Some(entry) = tree::lookup(objects, repository, folder.as_bstr())? else { continue };
        if entry.mode != tree::Mode::Folder {
            continue;
        }
        // A link is not followed here, as git does not follow it either.
        if let Some(file) = objects.tree(&entry.id)?.find(b".gitattributes".as_bstr())
            && file.mode.is_file()
        {
            attributes.add(folder.as_bstr(), &objects.blob(&file.id)?)?;
            any = true;
        }
    }
    if any {
        inputs.dockerfile_attributes = attributes.effective(dockerfile.as_bstr());
        // `ident` replaces this and nothing else (gitattributes, ident).
        let has_ident = located.dockerfile_bytes.contains_str("$Id");
        let rewrites = |rule: &str| {
            let name = rule.split('=').next().unwrap_or(rule);
            REWRITES.contains(&name) && (name != "ident" || has_ident)
        };
        if inputs.dockerfile_attributes.split(' ').any(rewrites) {
            inputs.whole_dockerfile = Some(located.dockerfile_id);
        }
        let mut matcher = attributes.matcher();
        files.set_attributes(|file| match file.mode.is_file() {
            true => matcher.effective(&inputs.repository_path(file)),
            false => String::new(),
        });
    }
    Ok(())
}

/// Every folder that holds a regular file among the inputs or the Dockerfile, and those above, the root first.
fn folders(inputs: &Inputs, files: &Files, dockerfile: &BStr) -> BTreeSet<BString> {
    let mut folders = BTreeSet::from([BString::default()]);
    let mut add = |path: &BStr| {
        let mut rest = path.as_bytes();
        while let Some(slash) = rest.rfind_byte(b'/') {
            rest = &rest[..slash];
            if !folders.insert(rest.into()) {
                break;
            }
        }
    };
    add(dockerfile);
    // Neighbours are mostly of one folder.
    let mut last: Option<(&Root, &[u8])> = None;
    for file in files.iter().filter(|file| file.mode.is_file()) {
        let folder = file.path.rfind_byte(b'/').map_or(&[][..], |slash| &file.path[..slash]);
        if last != Some((file.root, folder)) {
            add(&inputs.repository_path(&file));
            last = Some((file.root, folder));
        }
    }
    folders
}
