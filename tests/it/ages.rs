//! `max-age`: what counts as an image's age, so that one built just now is never too old.

use crate::support::{Image, Sandbox};

const REVISION: &str = "org.opencontainers.image.revision";
const CREATED: &str = "org.opencontainers.image.created";
const TINY: &str = concat!("'", env!("CARGO_MANIFEST_DIR"), "/scripts/tiny-builder'");

/// The commits of a sandbox are years old.
fn aged() -> Sandbox {
    let sandbox = Sandbox::small();
    sandbox.write("imgplan.toml", "[image]\nmax-age = \"30d\"\n");
    sandbox.commit("Images of a month");
    sandbox
}

/// An old commit's build says that it was made now: by the commit's time it would be too old at once.
#[test]
fn an_old_commits_build_is_new() {
    let sandbox = aged();
    let plan = sandbox.plan(&[]).plan();
    let (hash, tag) = (plan.only().hash().to_owned(), plan.only().content_tag().to_owned());
    let created = plan.only().build()["labels"][CREATED].as_str().unwrap().to_owned();
    let age = jiff::Timestamp::now().as_second() - created.parse::<jiff::Timestamp>().unwrap().as_second();
    assert!((0..3600).contains(&age), "{created}");
    assert_eq!(plan.only().build()["annotations"][CREATED], created.as_str());
    sandbox.image(
        &tag,
        &Image::new("built").marked(&hash).annotation(REVISION, &sandbox.head()).created(&created),
    );
    sandbox.plan(&[]).plan().only().expect("retag");
    // A build command hears the same time.
    let command = format!("echo \"made $IMGPLAN_CREATED\" >&2; {TINY}");
    let run = sandbox.apply(&["--force", "--build-command", &command]).run().expect(0);
    assert!(
        !run.stderr.contains("made 20") || run.stderr.contains(&format!("made {}", &created[..10])),
        "{}",
        run.stderr
    );
}

/// Where the commit is young enough, its time is told, so that two builds of it can be the same.
#[test]
fn without_an_age_it_is_the_commits_time() {
    let sandbox = Sandbox::small();
    let time = sandbox.git(&["log", "-1", "--format=%ct"]).parse::<i64>().unwrap();
    let told = jiff::Timestamp::from_second(time).unwrap().to_string();
    let plan = sandbox.plan(&[]).plan();
    assert_eq!(plan.only().build()["labels"][CREATED], told.as_str());
    sandbox.write("imgplan.toml", "[image]\nmax-age = \"5000w\"\n");
    sandbox.commit("Images of a century");
    let plan = sandbox.plan(&[]).plan();
    assert!(plan.only().build()["labels"][CREATED].as_str().unwrap().starts_with(&told[..10]));
}

/// A reproducible builder writes a time at which nothing was made: no reason to build again with each run.
#[test]
fn a_time_before_the_commit_is_no_age() {
    let sandbox = aged();
    let plan = sandbox.plan(&[]).plan();
    let (hash, tag) = (plan.only().hash().to_owned(), plan.only().content_tag().to_owned());
    let image = |made: &str, revision: Option<&str>| {
        let image = Image::new("built").marked(&hash).created(made);
        revision.into_iter().fold(image, |image, revision| image.label(REVISION, revision))
    };
    let head = sandbox.head();
    let no_age = [
        ("1970-01-01T00:00:00Z", None),
        ("1970-01-01T00:00:01Z", None),
        ("1980-01-01T00:00:00Z", None),
        ("1970-01-01T00:00:00Z", Some("a".repeat(40))),
        ("1999-12-31T00:00:00Z", Some(head.clone())),
    ];
    for (made, revision) in no_age {
        sandbox.image(&tag, &image(made, revision.as_deref()));
        let plan = sandbox.plan(&[]).plan();
        plan.only().expect("retag");
        let warnings = plan.only().list("warnings");
        assert!(warnings.iter().any(|note| note.contains("does not say when it was made")), "{warnings:?}");
    }
    let time = sandbox.git(&["log", "-1", "--format=%cI"]);
    let old = [
        ("1999-12-31T00:00:00Z", None),
        ("1999-12-31T00:00:00Z", Some("a".repeat(40))),
        (time.as_str(), Some(head)),
    ];
    for (made, revision) in old {
        sandbox.image(&tag, &image(made, revision.as_deref()));
        let plan = sandbox.plan(&[]).plan();
        plan.only().expect("build");
        assert!(plan.only().reason().contains("older than max-age"), "{}", plan.only().reason());
    }
}

/// The same for the image of another commit.
#[test]
fn another_commits_image_of_1970_is_taken() {
    let sandbox = aged();
    let (hash, first) = (sandbox.hash_at("HEAD"), sandbox.sha7());
    sandbox.image(&first, &Image::new("built").marked(&hash).created("1970-01-01T00:00:00Z"));
    sandbox.append("README.md", "More.\n");
    sandbox.commit("More");
    sandbox.plan(&[]).plan().only().expect("retag");
}
