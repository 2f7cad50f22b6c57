//! `imgplan check` for a person: what was read of each image, what is worth a note, and the verdict.
//!
//! A few images are told one after the other. Of many the verdict comes first, and what several share is said once.

use std::fmt::Write as _;

use crate::render::many::{self, MANY};
use crate::text::sanitise;

/// One image.
#[derive(Debug)]
pub struct Checked<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its Dockerfile.
    pub dockerfile: &'a str,
    /// How many files it reads.
    pub files: usize,
    /// What is worth a note.
    pub notes: &'a [String],
}

/// All of them. `total`: the images that are defined; `last`: a note on them all.
pub fn text(images: &[Checked<'_>], total: usize, errors: usize, last: Option<&str>) -> String {
    let verdict = match errors {
        0 => "no errors".to_owned(),
        1 => "1 error".to_owned(),
        count => format!("{count} errors"),
    };
    let verdict = format!("{} of {total} images checked, {verdict}\n", images.len());
    let many = images.len() >= MANY;
    let mut out = if many { verdict.clone() } else { String::new() };
    let divided = match many {
        true => many::divide(&images.iter().map(|image| (image.name, image.notes)).collect::<Vec<_>>()),
        false => many::Divided {
            own: images.iter().map(|image| image.notes.to_vec()).collect(),
            ..many::Divided::default()
        },
    };
    for (image, notes) in images.iter().zip(&divided.own) {
        let files = match image.files {
            1 => "1 file".to_owned(),
            count => format!("{count} files"),
        };
        let _ = writeln!(out, "{}: {} and {files}", sanitise(image.name), sanitise(image.dockerfile));
        for sentence in notes {
            let _ = writeln!(out, "    note: {}", sanitise(sentence));
        }
    }
    many::write_shared(&mut out, &divided);
    if let Some(last) = last {
        let _ = writeln!(out, "note: {last}");
    }
    if !many {
        out.push_str(&verdict);
    }
    out
}
