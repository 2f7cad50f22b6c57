//! StarlingX's own list, all of it, with the registry's name rewritten and nothing else.

use super::World;
use crate::support::registry::Image;
use crate::support::starlingx::{self, ENTRIES, LIST, Line};

/// The list on disk and its images in the registry, each under its build's tag.
fn starlingx() -> (World, Vec<Line>) {
    let world = World::new();
    let lines = starlingx::list(&world.sandbox, &world.registry.host(), "");
    for line in &lines {
        let image =
            Image::new().layer(format!("{} {}", line.path, line.source)).created("2026-07-01T00:00:00Z");
        world.registry.push_image(&line.path, &line.source, &image);
    }
    (world, lines)
}

#[test]
fn the_whole_list_is_retagged_once() {
    let (world, lines) = starlingx();
    let run = world.promote(&[LIST]).run().expect(0);
    assert_eq!(run.stdout.lines().last(), Some("50 entries: 50 retagged"));
    assert_eq!(run.stdout.lines().count(), ENTRIES + 1);
    assert_eq!(run.stderr, "");
    for line in &lines {
        let tags = world.registry.tags(&line.path);
        assert_eq!(tags[&line.tag], tags[&line.source], "{}", line.path);
    }
    // HEAD of source and target, GET of manifest and configuration; HEAD of the target again, since another run may have put
    // it meanwhile, PUT, and the HEAD that verifies.
    assert_eq!((world.count("HEAD"), world.count("GET"), world.count("PUT")), (200, 100, 50));
    assert_eq!(world.registry.requests().len(), 350, "and nothing else: no layer is read");

    world.registry.clear_requests();
    let run = world.promote(&[LIST]).run().expect(0);
    assert_eq!(run.stdout.lines().last(), Some("50 entries: 50 already there"));
    assert_eq!((world.count("HEAD"), world.registry.requests().len()), (100, 100), "nothing is put or read");
}

#[test]
fn one_changed_source_is_a_finding_and_stops_no_other() {
    let (world, lines) = starlingx();
    world.promote(&[LIST]).run().expect(0);
    let changed = &lines[15];
    assert_eq!(changed.path, "starlingx/rvmc");
    let other = Image::new().layer("built again").created("2026-07-02T00:00:00Z");
    let at = world.registry.tags(&changed.path)[&changed.tag].clone();
    let wanted = world.registry.push_image(&changed.path, &changed.source, &other).to_string();
    world.registry.delete_tag(&lines[0].path, &lines[0].tag);
    let run = world.promote(&[LIST]).run().expect(5);
    assert_eq!(run.stdout.lines().last(), Some("50 entries: 1 retagged, 48 already there, 1 finding"));
    let sentence = format!(
        "at {at} (made 2026-07-01T00:00:00Z), and {} is {wanted} (made 2026-07-02T00:00:00Z)",
        changed.source
    );
    let place = "image-tags-bullseye.yaml:77:10: images[15].tag: ";
    run.clone().shows(&[&sentence]).says(&[place, &sentence, "written once", "--repush"]);
    assert_eq!(world.registry.tags(&changed.path)[&changed.tag], at, "the tag stays where it is");

    let run = world.promote(&[LIST, "--repush", "rvmc"]).run().expect(0);
    run.shows(&["50 entries: 1 moved, 49 already there"]);
    assert_eq!(world.registry.tags(&changed.path)[&changed.tag], wanted);
}
