//! Floating tags that would have gone back: what a clone does not know of higher versions, their images tell.

use super::{World, digest, rule};
use crate::reference::Tag;
use crate::release::moves::{Left, Refused, What};

/// A clone without the other git tags: `+` is read back from the registry as what it was, and no prerelease.
#[test]
fn build_metadata_is_read_back_from_the_registry() {
    let mut world = World::new(rule("[image]\n"));
    world.run("v1.2.0", &digest("a"), usize::MAX);
    world.run("v1.3.0+cu128", &digest("b"), usize::MAX);
    assert_eq!(world.at("1.3.0_cu128"), Some(&digest("b")));
    let higher = What::Left(Left::Higher("1.3.0_cu128".to_owned()));
    for tag in ["1", "latest"] {
        assert_eq!(world.what("v1.2.1", &digest("c"), tag), higher, "{tag}");
    }
    assert_eq!(world.what("v1.2.1", &digest("c"), "1.2"), What::Move(Some("1.2.0".to_owned())));
}

/// What a person gave a prerelease by name does not go back to what is lower.
#[test]
fn a_floating_tag_does_not_go_back_from_a_higher_prerelease() {
    let mut world = World::new(rule("[image]\n"));
    world.run("v1.2.0", &digest("a"), usize::MAX);
    world.run("v2.0.0-rc.1", &digest("rc"), usize::MAX);
    // Its image may be that of a release that has the tag rightly.
    world.run("v1.3.0-rc.1", &digest("a"), usize::MAX);
    assert_eq!(world.what("v1.2.1", &digest("c"), "latest"), What::Move(Some("1.2.0".to_owned())));
    world.tags.insert(Tag::new("latest").unwrap(), digest("rc"));
    let refused = What::Refused(Refused::Higher("2.0.0-rc.1".to_owned()));
    assert_eq!(world.what("v1.2.1", &digest("c"), "latest"), refused);
    let steps = world.steps("v1.2.1", &digest("c"), &["latest"]);
    assert!(steps.iter().any(|step| step.tag.as_str() == "latest" && step.what == What::Move(None)));
    assert_eq!(world.what("v2.0.0", &digest("d"), "latest"), What::Move(Some("2.0.0-rc.1".to_owned())));
}

/// 2.0 and 1.8.7 are one image, and this clone has neither's git tag: `latest` may be there by either.
#[test]
fn a_floating_tag_does_not_go_back_from_a_version_of_fewer_numbers() {
    let mut world = World::new(rule("[image]\n"));
    world.run("v1.8.7", &digest("same"), usize::MAX);
    world.run("v2.0", &digest("same"), usize::MAX);
    let refused = What::Refused(Refused::Higher("2.0".to_owned()));
    assert_eq!(world.what("v1.8.8", &digest("c"), "latest"), refused);
    assert_eq!(world.what("v1.8.8", &digest("c"), "1.8"), What::Move(Some("1.8.7".to_owned())));
    assert_eq!(world.what("v2.0.1", &digest("c"), "latest"), What::Move(Some("1.8.7".to_owned())));
    // A build's number is no version.
    world.tags.insert(Tag::new("57").unwrap(), digest("same"));
    assert_eq!(world.what("v2.0.1", &digest("c"), "latest"), What::Move(Some("1.8.7".to_owned())));
}

/// The version tag 2.0.0 was deleted; what floated with it still tells of it, whether git knows it or not.
#[test]
fn a_floating_tag_does_not_go_back_from_what_a_deleted_version_left() {
    let mut world = World::new(rule("[image]\n"));
    world.run("v1.8.7", &digest("same"), usize::MAX);
    world.run("v2.0.0", &digest("same"), usize::MAX);
    world.tags.remove(&Tag::new("2.0.0").unwrap());
    for git in [&[][..], &["v1.8.7", "v2.0.0"]] {
        world.git = git.iter().map(|tag| (*tag).to_owned()).collect();
        let refused = What::Refused(Refused::Higher("2.0".to_owned()));
        assert_eq!(world.what("v1.8.8", &digest("c"), "latest"), refused, "{git:?}");
    }
}
