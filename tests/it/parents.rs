//! A child never stays on an old parent: a parent that was built again, though no hash changed, has its children built
//! again by whichever run comes next.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::image::MARK;
use crate::support::remote::Fault;
use crate::support::run::Call;
use crate::support::{Image, Plan, Remote, Sandbox};

const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/tiny-builder");
const PARENTS: &str = "dev.imgplan.parents";
const REBUILT: &str = "dev.imgplan.rebuilt";

/// `app` on `base`, and `tool` on `app`.
fn project(base: &str, policy: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("base/Dockerfile", &format!("FROM {base}\nCOPY base.txt /\n"));
    sandbox.write("base/base.txt", "base\n");
    sandbox.write("app/Dockerfile", "FROM base\n");
    sandbox.write("tool/Dockerfile", "FROM app\n");
    sandbox.write(
        "imgplan.toml",
        &format!(
            "[images.base]\ncontext = \"base\"\n{policy}\n\
             [images.app]\ncontext = \"app\"\ncontexts = {{ base = \"image:base\" }}\n\
             [images.tool]\ncontext = \"tool\"\ncontexts = {{ app = \"image:app\" }}\n"
        ),
    );
    sandbox.commit("Three images");
    sandbox
}

/// A builder that writes the labels that it is given, and fails for the image that `broken` names.
fn builder(sandbox: &Sandbox) -> String {
    let script = fs::read_to_string(TINY).unwrap();
    let plain = "\"config\":{},";
    assert!(script.contains(plain) && script.contains("$machine\" \"$layer\" >"));
    let script = script.replace(plain, "\"config\":{\"Labels\":{%s}},");
    let script = script.replace("$machine\" \"$layer\" >", "$machine\" \"$labels\" \"$layer\" >");
    let labels = "labels=$(printf '%s\\n' \"$IMGPLAN_LABELS\" | sed 's/\\\\/\\\\\\\\/g; s/\"/\\\\\"/g; s/^\\([^=]*\\)=\\(.*\\)$/\"\\1\":\"\\2\"/' | paste -sd, -)";
    let broken = format!("! grep -qx \"$IMGPLAN_NAME\" '{}' || exit 7", sandbox.beside("broken").display());
    let script = script.replace("set -eu\n", &format!("set -eu\n{labels}\n{broken}\n"));
    let path = sandbox.beside("builder");
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    breaks(sandbox, "");
    format!("'{}'", path.display())
}

fn breaks(sandbox: &Sandbox, image: &str) {
    fs::write(sandbox.beside("broken"), format!("{image}\n")).unwrap();
}

fn build(sandbox: &Sandbox, builder: &str, args: &[&str]) -> Call {
    sandbox.apply(&[&["--build-command", builder], args].concat())
}

const ALL_THERE: [&str; 3] = ["base: up-to-date", "app: up-to-date", "tool: up-to-date"];

/// The base image moved, the parent was built, the child's build failed: the next run builds the child.
#[test]
fn a_child_that_failed_is_built_by_the_next_run() {
    let remote = Remote::start();
    remote.push("lib/os", "1", &Image::new("os one"));
    let sandbox = project(&format!("{}/lib/os:1", remote.host()), "base-images = \"check\"");
    let builder = builder(&sandbox);
    build(&sandbox, &builder, &[]).run().expect(0);
    assert_eq!(sandbox.plan(&[]).plan().actions(), ALL_THERE);

    remote.push("lib/os", "1", &Image::new("os two"));
    breaks(&sandbox, "app");
    build(&sandbox, &builder, &[]).run().expect(3);
    let plan = sandbox.plan(&[]).plan();
    assert_eq!(plan.actions(), ["base: up-to-date", "app: build", "tool: build"]);
    let present = plan.image("base").digest().unwrap().to_owned();
    let expected = format!("its parent base was built again since ({present})");
    assert_eq!(plan.image("app").reason(), expected);
    assert_eq!(plan.image("tool").reason(), "its parent app is built again");

    breaks(&sandbox, "");
    build(&sandbox, &builder, &[]).run().expect(0);
    for _ in 0..2 {
        assert_eq!(sandbox.plan(&[]).plan().actions(), ALL_THERE, "built once, and not for ever");
    }
}

/// Only the parent was asked for: whoever plans next, on this commit or a later one, builds what stands on it.
#[test]
fn a_parent_that_alone_was_forced_has_its_children_built() {
    let sandbox = project("scratch", "");
    let builder = builder(&sandbox);
    build(&sandbox, &builder, &[]).run().expect(0);
    build(&sandbox, &builder, &["--image", "base", "--force"]).run().expect(0);
    let expected = ["base: up-to-date", "app: build", "tool: build"];
    assert_eq!(sandbox.plan(&[]).plan().actions(), expected);
    // A child that is asked for alone has its parent looked up all the same.
    assert_eq!(sandbox.plan(&["--image", "app"]).plan().actions(), ["app: build"]);

    sandbox.write("README.md", "More.\n");
    sandbox.commit("Tell more");
    assert_eq!(sandbox.plan(&[]).plan().actions(), ["base: retag", "app: build", "tool: build"]);
    // The grandchild alone does not see the child that is not built yet as good.
    assert_eq!(sandbox.plan(&["--image", "tool"]).plan().actions(), ["app: build", "tool: build"]);
    build(&sandbox, &builder, &["--image", "app"]).run().expect(0);
    assert_eq!(sandbox.plan(&[]).plan().actions(), ["base: retag", "app: up-to-date", "tool: build"]);
    build(&sandbox, &builder, &[]).run().expect(0);
    assert_eq!(sandbox.plan(&[]).plan().actions(), ALL_THERE);
}

/// A build that is handed over says what it is built on where that is there, and that it was asked for.
#[test]
fn a_build_records_its_parents_and_that_it_was_asked_for() {
    let sandbox = project("scratch", "");
    let builder = builder(&sandbox);
    let marks = |plan: &Plan, image: &str| {
        let build = plan.image(image).build();
        for mark in [PARENTS, REBUILT] {
            assert_eq!(build["labels"][mark], build["annotations"][mark]);
        }
        let text = |mark: &str| build["labels"].get(mark).map(|value| value.as_str().unwrap().to_owned());
        (text(PARENTS), text(REBUILT))
    };
    // Nothing is there: no digest to record.
    assert_eq!(marks(&sandbox.plan(&[]).plan(), "app"), (None, None));
    build(&sandbox, &builder, &["--image", "base"]).run().expect(0);
    let plan = sandbox.plan(&[]).plan();
    let recorded = format!("{{\"base\":\"{}\"}}", plan.image("base").digest().unwrap());
    assert_eq!(marks(&plan, "app"), (Some(recorded.clone()), None));
    assert_eq!(marks(&plan, "tool"), (None, None));
    build(&sandbox, &builder, &[]).run().expect(0);
    let (parents, rebuilt) = marks(&sandbox.plan(&["--image", "app", "--force"]).plan(), "app");
    assert_eq!(parents, Some(recorded));
    rebuilt.unwrap().parse::<jiff::Timestamp>().unwrap();
}

/// Two pipelines at once leave two parents of the same content: a child on either is as good.
#[test]
fn a_child_on_the_losers_parent_is_used() {
    let sandbox = project("scratch", "");
    let plan = sandbox.plan(&[]).plan();
    let image = |name: &str| Image::new(name).marked(plan.image(name).hash());
    let place = |name: &str, image: &Image| sandbox.image_of(name, plan.image(name).content_tag(), image);
    let lost = place("base", &Image::new("the loser's").marked(plan.image("base").hash()));
    place("base", &image("base"));
    let app = place("app", &image("app").annotation(PARENTS, &format!("{{\"base\":\"{lost}\"}}")));
    place("tool", &image("tool").label(PARENTS, &format!("{{\"app\":\"{app}\"}}")));
    let used = ["base: retag", "app: retag", "tool: retag"];
    assert_eq!(sandbox.plan(&[]).plan().actions(), used);
    // A parent that was asked for is another thing, be it said by a label or by an annotation.
    let time = "2024-01-02T03:04:05Z";
    for base in [image("base").label(REBUILT, time), image("base").annotation(REBUILT, time)] {
        let base = place("base", &base);
        let outdated = sandbox.plan(&[]).plan();
        assert_eq!(outdated.actions(), ["base: retag", "app: build", "tool: build"]);
        assert!(outdated.image("app").reason().contains(&base));
        // A record that cannot be read is no proof.
        place("app", &image("app").annotation(PARENTS, "{"));
        assert_eq!(sandbox.plan(&[]).plan().actions(), ["base: retag", "app: build", "tool: build"]);
        place("app", &image("app").annotation(PARENTS, &format!("{{\"base\":\"{base}\"}}")));
        assert_eq!(sandbox.plan(&[]).plan().image("app").action(), "retag");
        place("app", &image("app").annotation(PARENTS, &format!("{{\"base\":\"{lost}\"}}")));
    }
}

/// A builder without labels leaves no record, and neither does one that passes on another image's: used as ever.
#[test]
fn without_a_record_of_its_own_an_image_is_used() {
    let sandbox = project("scratch", "");
    let tiny = format!("'{TINY}'");
    build(&sandbox, &tiny, &[]).run().expect(0);
    // Without a mark the commit's tag has to move with it.
    let tag = sandbox.sha7();
    build(&sandbox, &tiny, &["--image", "base", "--force", "--move-tag", &tag]).run().expect(0);
    assert_eq!(sandbox.plan(&[]).plan().actions(), ALL_THERE);

    let plan = sandbox.plan(&[]).plan();
    let again =
        Image::new("again").marked(plan.image("base").hash()).annotation(REBUILT, "2024-01-02T03:04:05Z");
    sandbox.image_of("base", plan.image("base").content_tag(), &again);
    sandbox.image_of("base", &tag, &again);
    let old = format!("{{\"base\":\"sha256:{}\"}}", "ab".repeat(32));
    let inherited = Image::new("app").label(MARK, &"cd".repeat(32)).label(PARENTS, &old);
    sandbox.image_of("app", plan.image("app").content_tag(), &inherited);
    sandbox.image_of("app", &tag, &inherited);
    assert_eq!(sandbox.plan(&[]).plan().image("app").action(), "up-to-date");
}

/// The same over HTTP, with what it costs; and what is not answered is unknown.
#[test]
fn a_registry_is_asked_no_more_than_it_takes() {
    let (sandbox, remote) = (project("scratch", ""), Remote::start());
    sandbox.git(&["rm", "-r", "--quiet", "tool"]);
    sandbox.write("imgplan.toml", sandbox.read("imgplan.toml").split("[images.tool]").next().unwrap());
    sandbox.commit("Two images");
    let repository = remote.repository("acme");
    let call = |command: &str, args: &[&str]| {
        sandbox.imgplan(&[&[command, "--format", "json", "--repository", &repository][..], args].concat())
    };
    let plan = call("plan", &[]).plan();
    let push = |name: &str, image: Image| {
        let image = image.marked(plan.image(name).hash());
        remote.push(&format!("acme/{name}"), plan.image(name).content_tag(), &image)
    };
    let requests = |command: &str| {
        let before = remote.requests().len();
        let run = call(command, &[]).run().expect(0).plan();
        let all = remote.requests().split_off(before);
        let of = |method: &str| all.iter().filter(|request| request.starts_with(method)).count();
        assert_eq!(of("HEAD") + of("GET") + of("PUT"), all.len());
        (run.actions().join(", "), of("HEAD"), of("GET"), of("PUT"))
    };
    let first = push("base", Image::new("base one"));
    let app = || Image::new("app").annotation(PARENTS, &format!("{{\"base\":\"{first}\"}}"));
    push("app", app());
    // Both are read, manifest and configuration: a label there may say that a registry deletes what is put on them.
    assert_eq!(requests("plan"), ("base: retag, app: retag".to_owned(), 4, 4, 0));
    // A retag puts what was read.
    assert_eq!(requests("apply"), ("base: up-to-date, app: up-to-date".to_owned(), 6, 4, 2));
    // Where nothing is put, only the child is read, and of it only the manifest.
    assert_eq!(requests("plan"), ("base: up-to-date, app: up-to-date".to_owned(), 4, 1, 0));
    // Another parent: its manifest says that it was asked for.
    let again = || Image::new("base two").annotation(REBUILT, "2024-01-02T03:04:05Z");
    push("base", again());
    assert_eq!(requests("plan").0, "base: up-to-date, app: build");
    // The labels of another pipeline's image say that it was not: manifest and configuration, two requests more.
    push("base", Image::new("base three"));
    let marked = Image::new("base three").marked(plan.image("base").hash());
    remote.push("acme/base", &sandbox.sha7(), &marked);
    assert_eq!(requests("plan"), ("base: up-to-date, app: up-to-date".to_owned(), 4, 3, 0));
    push("base", again());
    remote.push("acme/base", &sandbox.sha7(), &again().marked(plan.image("base").hash()));
    remote.fault("acme/base", Fault::NoManifests);
    let plan = call("plan", &[]).run().expect(3).plan();
    assert_eq!(plan.actions(), ["base: up-to-date", "app: unknown"]);
}

/// Where the registry does not say what the parent is, a child with a record is not known to be good.
#[test]
fn a_parent_that_is_not_known_leaves_its_child_unknown() {
    let (sandbox, remote) = (project("scratch", ""), Remote::start());
    let repository = remote.repository("acme");
    let call = || sandbox.imgplan(&["plan", "--format", "json", "--repository", &repository]);
    let plan = call().plan();
    let push = |name: &str, image: Image| {
        let image = image.marked(plan.image(name).hash());
        remote.push(&format!("acme/{name}"), plan.image(name).content_tag(), &image)
    };
    let base = push("base", Image::new("base"));
    let app = push("app", Image::new("app").annotation(PARENTS, &format!("{{\"base\":\"{base}\"}}")));
    push("tool", Image::new("tool").annotation(PARENTS, &format!("{{\"app\":\"{app}\"}}")));
    remote.fault("acme/base", Fault::Status(500));
    let run = call().run().expect(3);
    assert_eq!(run.plan().actions(), ["base: unknown", "app: unknown", "tool: unknown"]);
    run.says(&["parent base", "cannot be told"]);
    // Without a record nothing depends on it, as ever.
    push("app", Image::new("app"));
    let run = call().run().expect(3);
    assert_eq!(run.plan().actions(), ["base: unknown", "app: retag", "tool: retag"]);
}

/// A commit's own tag and another repository's image are looked at like the content tag's.
#[test]
fn wherever_the_child_is_found_its_parent_counts() {
    let sandbox = project("scratch", "");
    let upstream = sandbox.beside("upstream");
    let text = sandbox.read("imgplan.toml");
    sandbox.write("imgplan.toml", &format!("look-in = [\"oci:{}\"]\n{text}", upstream.display()));
    sandbox.commit("Look upstream");
    let plan = sandbox.plan(&[]).plan();
    let old = format!("{{\"base\":\"sha256:{}\"}}", "ab".repeat(32));
    let marked = |name: &str| Image::new(name).marked(plan.image(name).hash());
    let app = marked("app").annotation(PARENTS, &old);
    let content = |name: &str| plan.image(name).content_tag().to_owned();
    let elsewhere = |name: &str, image: &Image| image.write(&upstream.join(name), &content(name));
    let digest = elsewhere("app", &app);
    elsewhere("tool", &marked("tool").annotation(PARENTS, &format!("{{\"app\":\"{digest}\"}}")));
    elsewhere("base", &marked("base"));
    assert_eq!(sandbox.plan(&[]).plan().actions(), ["base: retag", "app: retag", "tool: retag"]);
    elsewhere("base", &marked("base").annotation(REBUILT, "2024-01-02T03:04:05Z"));
    let expected = ["base: retag", "app: build", "tool: build"];
    let built = sandbox.plan(&[]).plan();
    assert_eq!(built.actions(), expected);
    assert!(
        built.image("app").list("warnings").iter().any(|note| note.contains("built again")),
        "{:#}",
        built.0
    );
    // Under the commit's own tag, and under that of a commit with the same inputs.
    sandbox.image_of("app", &sandbox.sha7(), &app);
    assert_eq!(sandbox.plan(&[]).plan().actions(), expected);
    sandbox.write("README.md", "More.\n");
    sandbox.commit("Tell more");
    fs::remove_dir_all(upstream.join("app")).unwrap();
    assert_eq!(sandbox.plan(&[]).plan().actions(), expected);
    elsewhere("base", &marked("base"));
    assert_eq!(sandbox.plan(&[]).plan().image("app").how(), Some("commit"));
}

/// Under a scope the trusted child is looked at in the same way, and so is the scope's own once it is built.
#[test]
fn a_trusted_child_on_an_old_parent_is_not_used() {
    let sandbox = project("scratch", "");
    let builder = builder(&sandbox);
    build(&sandbox, &builder, &[]).run().expect(0);
    build(&sandbox, &builder, &["--image", "base", "--force"]).run().expect(0);
    let scoped = |args: &[&str]| sandbox.plan(&[&["--scope", "pr"], args].concat()).plan();
    assert_eq!(scoped(&[]).actions(), ["base: retag", "app: build", "tool: build"]);
    build(&sandbox, &builder, &["--scope", "pr"]).run().expect(0);
    for _ in 0..2 {
        assert_eq!(scoped(&[]).actions(), ALL_THERE);
    }
    let trusted = sandbox.plan(&[]).plan();
    assert_eq!(trusted.actions(), ["base: up-to-date", "app: build", "tool: build"]);
}
