//! `imgplan.toml`: any text ends with a configuration or with problems that stand somewhere in the file.
//!
//! An input is the file.

#![no_main]

use std::path::Path;

use imgplan::config::{self, Config, ImageId, NamedContext};
use imgplan::error::Place;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let read = |text: &str| config::parse("imgplan.toml", text, Path::new("/base"));
    match read(text) {
        Ok(config) => {
            check(text, &config);
            let same = |other: &str| {
                let other = read(other).expect("a file that was read before");
                format!("{other:?}") == format!("{config:?}")
            };
            assert!(same(text), "two readings of one file");
            assert!(same(&format!("{text}\n# the end\n")), "a comment at the end");
        }
        Err(errors) => {
            assert!(!errors.0.is_empty());
            for error in &errors.0 {
                inside(text, error.place().expect("every problem has a place"));
                assert!(!error.to_string().chars().any(char::is_control), "{error:?}");
            }
        }
    }
});

fn check(text: &str, config: &Config) {
    for (index, image) in config.images.iter().enumerate() {
        inside(text, &image.place);
        image.places.values().for_each(|place| inside(text, place));
        assert!(image.platforms.is_sorted());
        for context in image.contexts.values() {
            let NamedContext::Image(parent) = context else { continue };
            let parents: Vec<&ImageId> = config.images[..index].iter().map(|image| &image.id).collect();
            assert!(parents.contains(&parent), "{parent} stands before {}", image.id);
        }
    }
}

/// A line of the file, and a column that is in that line or just behind it.
fn inside(text: &str, place: &Place) {
    let (Some(line), Some(column)) = (place.line, place.column) else { panic!("no position: {place}") };
    let found = text.split('\n').nth(line - 1);
    let length = found.unwrap_or_else(|| panic!("no such line: {place}")).chars().count();
    assert!((1..=length + 1).contains(&column), "no such column: {place}, the line has {length}");
}
