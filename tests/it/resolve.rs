//! `imgplan resolve`: the image of a commit, as one reference that other tools take.

use crate::support::{Image, Run, Sandbox};

fn resolve(sandbox: &Sandbox, args: &[&str]) -> Run {
    let repository = sandbox.repository();
    sandbox.imgplan(&[&["resolve", "--repository", &repository], args].concat()).run()
}

/// One image: one line, `repository@digest`.
#[test]
fn the_image_of_a_commit_is_one_reference() {
    let sandbox = Sandbox::small();
    let digest = sandbox.build_all().remove(0);
    sandbox.apply(&[]).run().expect(0);
    let run = resolve(&sandbox, &[]).expect(0);
    assert_eq!(run.line(), format!("{}@{digest}", sandbox.repository()));
    let run = resolve(&sandbox, &["--tag"]).expect(0);
    assert_eq!(run.line(), format!("{}:{}", sandbox.repository(), sandbox.sha7()));
}

/// A commit whose tag nobody has put there yet runs on its content's image.
#[test]
fn the_content_tag_stands_in_for_the_commit_tag() {
    let sandbox = Sandbox::small();
    let digest = sandbox.build_all().remove(0);
    assert_eq!(resolve(&sandbox, &[]).expect(0).line(), format!("{}@{digest}", sandbox.repository()));
    let plan = sandbox.plan(&[]).plan();
    let content = format!("{}:{}", sandbox.repository(), plan.only().content_tag());
    assert_eq!(resolve(&sandbox, &["--tag"]).expect(0).line(), content);
}

/// The commit's own tag goes first, and stderr says that the content's image is another.
#[test]
fn the_commit_tag_goes_first() {
    let sandbox = Sandbox::small();
    let content = sandbox.build_all().remove(0);
    let own = sandbox.image(&sandbox.sha7(), &Image::new("its own"));
    let run = resolve(&sandbox, &[]).expect(0);
    assert_eq!(run.line(), format!("{}@{own}", sandbox.repository()));
    assert!(run.stderr.contains(&content[..19]), "the other is named: {}", run.stderr);
}

/// No image: exit 4, nothing on stdout, and a hint.
#[test]
fn no_image_is_4() {
    let sandbox = Sandbox::small();
    let run = resolve(&sandbox, &[]).expect(4).says(&["hint:"]);
    assert_eq!(run.stdout, "");
}

/// Where no repository is known, resolve asks for one instead of saying "none".
#[test]
fn without_a_repository_it_asks_for_one() {
    let sandbox = Sandbox::small();
    sandbox.fails(&["resolve"], 1).says(&["repository", "hint:"]);
}

/// The embedded layout is read where it exists.
#[test]
fn the_embedded_layout_is_read_where_it_is() {
    let sandbox = Sandbox::small();
    let plan = sandbox.plan(&[]).plan();
    let hash = plan.only().hash();
    let embedded = sandbox.root().join(".git/imgplan/oci");
    let digest = Image::new("embedded").marked(hash).write(&embedded, plan.only().content_tag());
    let run = sandbox.imgplan(&["resolve"]).run().expect(0);
    assert!(run.line().starts_with("oci:") && run.line().ends_with(&format!("@{digest}")), "{}", run.line());
}

/// Several images: a name, a tab and a reference on each line; 4 if one is missing, and the others are printed.
#[test]
fn several_images_are_named() {
    let sandbox = Sandbox::new();
    for name in ["a", "b"] {
        sandbox.write(&format!("{name}/Dockerfile"), "FROM scratch\nCOPY file /\n");
        sandbox.write(&format!("{name}/file"), name);
    }
    sandbox.write("imgplan.toml", "[images.a]\ncontext = \"a\"\n[images.b]\ncontext = \"b\"\n");
    sandbox.commit("Two images");
    let digests = sandbox.build_all();
    let line = |name: &str, digest: &str| format!("{name}\t{}/{name}@{digest}", sandbox.repository());
    let run = resolve(&sandbox, &[]).expect(0);
    assert_eq!(run.stdout.lines().collect::<Vec<_>>(), [line("a", &digests[0]), line("b", &digests[1])]);
    let one = resolve(&sandbox, &["--image", "b"]).expect(0);
    assert_eq!(one.line(), format!("{}/b@{}", sandbox.repository(), digests[1]));

    std::fs::remove_dir_all(sandbox.layout().join("b")).unwrap();
    let run = resolve(&sandbox, &[]).expect(4);
    assert_eq!(run.stdout.lines().collect::<Vec<_>>(), [line("a", &digests[0])]);
    assert!(run.stderr.contains('b'), "{}", run.stderr);
}

/// Any commit can be asked for.
#[test]
fn an_older_commit_has_its_own_image() {
    let sandbox = Sandbox::small();
    let first = sandbox.build_all().remove(0);
    sandbox.write("app.txt", "two\n");
    sandbox.commit("Another app");
    let second = sandbox.build_all().remove(0);
    assert_ne!(first, second);
    for (commit, digest) in [("HEAD~1", first), ("HEAD", second)] {
        assert!(resolve(&sandbox, &[commit]).expect(0).line().ends_with(&digest));
    }
}
