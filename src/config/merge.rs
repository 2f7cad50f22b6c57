//! One table under another: what images have in common, and what the image's own table says instead.
//!
//! The own key wins; tables (`build-args`, `contexts`, `generated`) are merged by key. It works on the mirror of the file,
//! so that whatever is merged is checked afterwards exactly as if it had been written in one place.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::raw::Image;
use crate::config::table::Text;
use crate::error::Place;

/// The keys of `own`, and those of `base` that it does not have. Name and place stay `own`'s.
pub(super) fn over(mut own: Image, base: &Image) -> Image {
    let written = own.places.clone();
    let lacks = |key: &str| !written.contains_key(key);
    let mut inherited: Vec<&str> = Vec::new();
    macro_rules! inherit {
        ($($key:literal $field:ident),*) => {$(
            if lacks($key) && base.places.contains_key($key) {
                own.$field = base.$field.clone();
                inherited.push($key);
            }
        )*};
    }
    inherit!(
        "repository" repository, "context" context, "dockerfile" dockerfile, "target" target,
        "platforms" platforms, "build-args-files" build_args_files, "volatile-args" volatile_args,
        "base-images" base_images, "max-age" max_age, "salt" salt, "inputs" inputs,
        "extra-inputs" extra_inputs
    );
    for key in inherited {
        places(&mut own.places, &base.places, key);
    }
    by_key(&mut own.build_args, &base.build_args, ("build-args", &mut own.places, &base.places));
    by_key(&mut own.generated, &base.generated, ("generated", &mut own.places, &base.places));
    by_key(&mut own.contexts, &base.contexts, ("contexts", &mut own.places, &base.places));
    own
}

type Places<'a> = (&'a str, &'a mut BTreeMap<String, Place>, &'a BTreeMap<String, Place>);

fn by_key<T: Clone>(own: &mut Vec<(Text, T)>, base: &[(Text, T)], (key, to, from): Places<'_>) {
    // Both may be of a file with thousands of them.
    let known: BTreeSet<String> = own.iter().map(|(known, _)| known.value.clone()).collect();
    for (name, value) in base {
        if known.contains(&name.value) {
            continue;
        }
        own.push((name.clone(), value.clone()));
        let entry = format!("{key}.{}", name.value);
        if let Some(place) = from.get(&entry) {
            to.insert(entry, place.clone());
        }
    }
    if let (false, Some(place)) = (to.contains_key(key), from.get(key)) {
        to.insert(key.to_owned(), place.clone());
    }
}

/// The place of a key and of what is inside it.
fn places(to: &mut BTreeMap<String, Place>, from: &BTreeMap<String, Place>, key: &str) {
    let within = |name: &str| {
        name.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    to.extend(
        from.iter().filter(|(name, _)| within(name)).map(|(name, place)| (name.clone(), place.clone())),
    );
}
