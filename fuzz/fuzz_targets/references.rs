//! Repositories, image names, tags, digests, platforms and tag templates: what is accepted is written as it is read.
//!
//! An input is one text, given to every reader.

#![no_main]

use std::path::Path;

use imgplan::error::Place;
use imgplan::reference::{Digest, ImageName, Platform, Repository, Tag};
use imgplan::tags::{self, Facts, Known, Template, shape};
use imgplan::version::Version;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    image_name(text);
    repository(text);
    secret(text);
    if let Ok(tag) = Tag::new(text) {
        assert_eq!(tag.to_string(), text);
        let whole = ImageName::parse(&format!("debian:{tag}")).expect("a tag can stand in a name");
        assert_eq!(whole.tag.as_deref(), Some(text));
    }
    if let Ok(digest) = Digest::new(text) {
        assert_eq!(digest.to_string(), text);
        let (algorithm, digits) = digest.parts();
        assert_eq!(format!("{algorithm}:{digits}"), text);
        assert!(digits.starts_with(digest.short()));
    }
    if let Ok(platform) = Platform::parse(text) {
        let again = Platform::parse(&platform.to_string()).expect("a platform as it is written");
        assert_eq!(again, platform, "its normal form is one");
    }
    template(text);
});

fn image_name(text: &str) {
    let Some(name) = ImageName::parse(text) else { return };
    let written = name.to_string();
    assert_eq!(ImageName::parse(&written).as_ref(), Some(&name), "{written}");
    assert!(name.tag.is_some() || name.digest.is_some());
}

fn repository(text: &str) {
    match Repository::parse(text, Path::new("/base")) {
        Ok(repository) => {
            let written = repository.to_string();
            let again =
                Repository::parse(&written, Path::new("/base")).expect("a repository as it is written");
            assert_eq!(again, repository, "{written}");
            let digest = Digest::of(b"");
            if let Repository::Remote { registry, path } = &repository {
                let name =
                    ImageName::parse(&repository.at(&digest)).expect("an image of a repository has a name");
                assert_eq!((&name.registry, &name.path), (registry, path));
                assert_eq!(name.digest.as_deref(), Some(digest.as_str()));
            }
        }
        Err(error) => assert!(!error.message().is_empty()),
    }
}

/// A login that someone wrote into a repository is repeated in no message.
fn secret(text: &str) {
    const PASSWORD: &str = "hunter22";
    // `me:hunter22@sha256:…` is an image with a tag and a digest.
    if text.contains(PASSWORD) || Digest::new(text).is_ok() {
        return;
    }
    let error = Repository::parse(&format!("me:{PASSWORD}@{text}"), Path::new("")).expect_err("a login");
    let said = format!("{error} {}", error.hints().join(" "));
    assert!(!said.contains(PASSWORD), "{said}");
}

fn template(text: &str) {
    let hash = "c0ffee00".repeat(8);
    let version = Version::parse(text);
    let facts = Facts {
        branch: Some(text),
        git_tag: Some("v1.2/é"),
        commit_date: Some(1_700_000_000),
        build_date: Some(1_783_261_429),
        describe: Some(text),
        version: version.as_ref(),
        image: text,
        count: Some(7),
        input_sha: Some("76543210fedcba9876543210fedcba9876543210"),
        ..Facts::of("0123456789abcdef0123456789abcdef01234567", &hash)
    };
    let place = Place::line("imgplan.toml", 1);
    let branch = Template::parse("x-{branch}", place.clone()).expect("a template");
    if let Ok(Some(tag)) = tags::render(&branch, &facts) {
        assert!(tag.as_str().starts_with("x-"));
    }
    if let Ok(pattern) = Template::pattern(text, place.clone()) {
        let _ = shape::matches(&pattern, &Known::default(), text);
    }
    match Template::parse(text, place) {
        Err(fault) => {
            assert!(!fault.message.is_empty());
            assert!(fault.offset <= text.chars().count(), "{} at {}", fault.message, fault.offset);
        }
        Ok(template) => {
            // The branch may be one that no tag can hold; then there is none, or an error that says so.
            let Ok(Some(tag)) = tags::render(&template, &facts) else { return };
            assert!(shape::matches(&template, &Known::from(&facts), tag.as_str()).is_some(), "{tag} is one of {text:?}");
            let read = shape::matches(&template, &Known::default(), tag.as_str());
            assert!(read.is_some(), "{tag} has the shape of {text:?}");
        }
    }
}
