//! What the configuration promises: the values of a right file, and every problem of a wrong one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod problems;
mod robust;
mod tags;

use super::*;

/// The example of the documentation, with every key.
pub(super) const SAMPLE: &str = r#"
repository = "ghcr.io/acme/shop"
look-in = ["ghcr.io/upstream/shop"]
adopt = true
on-unknown = "build"
verify = "required"
git-directory = "refuse"
remote-add = "allow"

[tags]
commit = "{sha:12}"
floating = ["{branch}"]

[skip]
branches = ["wip/**"]

[images.app]
context = "app"
contexts = { base = "image:base", "docker.io/library/debian" = "docker-image://debian:12" }
inputs = ["app/Dockerfile", "app/requirements.txt"]

[images.base]
repository = "ghcr.io/acme/base"
context = "./images/base/"
dockerfile = "images/base/Dockerfile"
target = "runtime"
platforms = ["linux/arm64", "linux/amd64", "linux/aarch64"]
build-args = { PYTHON = "3.12" }
volatile-args = ["GIT_SHA"]
base-images = "pin"
max-age = "30d"
salt = "1"
extra-inputs = ["certs/**"]
generated = { "./dist/" = ["src/**"], "version.txt" = ["src/**", "NEWS"] }

[image]
contexts = { app = "image:app" }
"#;

pub(super) fn read(text: &str) -> Result<Config, Errors> {
    parse("imgplan.toml", text, Path::new("/base"))
}

/// The configuration of a right file.
pub(super) fn right(text: &str) -> Config {
    read(text).unwrap_or_else(|errors| panic!("{text}\n{errors:#?}"))
}

/// One line for each problem: place, key, message and hints.
pub(super) fn problems(text: &str) -> String {
    let errors = match read(text) {
        Ok(_) => Errors::default(),
        Err(errors) => errors,
    };
    let lines = errors.0.iter().map(|error| {
        let hints = error.hints().iter().map(|hint| format!(" ({hint})"));
        format!("{error}{}", hints.collect::<String>())
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn names(config: &Config) -> Vec<String> {
    config.images.iter().map(|image| image.id.to_string()).collect()
}

#[test]
fn every_key_is_read() {
    let config = right(SAMPLE);
    let policy = &config.policy;
    assert_eq!(policy.repository.as_ref().unwrap().to_string(), "ghcr.io/acme/shop");
    assert_eq!(policy.look_in[0].to_string(), "ghcr.io/upstream/shop");
    assert!(policy.adopt);
    assert_eq!(policy.on_unknown, OnUnknown::Build);
    assert_eq!(policy.verify, Verify::Required);
    assert_eq!((policy.git_directory, policy.remote_add), (Severity::Refuse, Severity::Allow));
    assert_eq!(policy.commit_tag.as_ref().unwrap().text, "{sha:12}");
    assert_eq!(policy.floating_tags[0].place.to_string(), "imgplan.toml:12:13: tags.floating[0]");
    assert_eq!(policy.skip_branches[0].as_str(), "wip/**");

    let base = &config.images[0];
    assert_eq!(base.id, ImageId::Named("base".to_owned()));
    assert_eq!(base.repository.as_ref().unwrap().to_string(), "ghcr.io/acme/base");
    assert_eq!(base.context.as_deref(), Some("images/base"));
    assert_eq!(base.dockerfile.as_deref(), Some("images/base/Dockerfile"));
    assert_eq!(base.target.as_deref(), Some("runtime"));
    let platforms: Vec<String> = base.platforms.iter().map(Platform::to_string).collect();
    assert_eq!(platforms, ["linux/amd64", "linux/arm64"]);
    assert_eq!(base.build_args, BTreeMap::from([("PYTHON".to_owned(), "3.12".to_owned())]));
    assert_eq!(base.volatile_args, BTreeSet::from(["GIT_SHA".to_owned()]));
    assert_eq!(base.base_images, BaseImages::Pin);
    assert_eq!(base.max_age, Some(Duration::from_secs(30 * 24 * 3600)));
    assert_eq!(base.salt, "1");
    assert_eq!(base.extra_inputs[0].as_str(), "certs/**");
    assert!(base.inputs.is_none());
    let generated: Vec<(&str, usize)> =
        base.generated.iter().map(|(path, sources)| (path.as_str(), sources.len())).collect();
    assert_eq!(generated, [("dist/", 1), ("version.txt", 2)]);

    let app = &config.images[1];
    let inputs: Vec<&str> = app.inputs.iter().flatten().map(Pattern::as_str).collect();
    assert_eq!(inputs, ["app/Dockerfile", "app/requirements.txt"]);
    assert_eq!(app.contexts["base"], NamedContext::Image(ImageId::Named("base".to_owned())));
    assert_eq!(app.contexts["docker.io/library/debian"], NamedContext::DockerImage("debian:12".to_owned()));
}

#[test]
fn an_empty_file_is_the_default() {
    let config = right("");
    assert!(config.images.is_empty());
    assert_eq!(format!("{:?}", config.policy), format!("{:?}", default_policy()));
    let policy = config.policy;
    assert_eq!(policy.commit_tag.unwrap().text, "{sha:7}");
    assert_eq!(policy.skip_branches.iter().map(Pattern::as_str).collect::<Vec<_>>(), ["renku/autosave/**"]);
    assert_eq!((policy.history, right("history = 50").policy.history), (1000, 50));
    assert!(!policy.adopt && policy.floating_tags.is_empty() && policy.look_in.is_empty());
    assert_eq!((policy.on_unknown, policy.verify), (OnUnknown::Fail, Verify::Mark));
    assert_eq!((policy.git_directory, policy.remote_add), (Severity::Warn, Severity::Warn));
}

#[test]
fn an_empty_image_table_is_an_image() {
    let config = right("[image]");
    let image = &config.images[0];
    let default = Image::default_for(ImageId::Own, image.place.clone());
    assert_eq!(format!("{image:?}"), format!("{default:?}"));
    assert_eq!(image.place.to_string(), "imgplan.toml:1:2: image");
}

#[test]
fn commit_tags_can_be_switched_off() {
    assert!(right("tags.commit = false").policy.commit_tag.is_none());
    assert!(right("skip.branches = []").policy.skip_branches.is_empty());
}

#[test]
fn parents_come_first_and_else_the_files_order_stays() {
    assert_eq!(names(&right(SAMPLE)), ["base", "app", "image"]);
    for (text, expected) in [
        ("[images.c]\n[images.a]\n[image]\n[images.b]", "c a image b"),
        ("[images.c]\ncontexts.x = 'image:b'\n[images.a]\n[images.b]", "b c a"),
        ("[images.a]\ncontexts.x = 'image:self'\n[image]", "image a"),
        (
            "[images.d]\ncontexts = {b='image:b', c='image:c'}\n[images.c]\ncontexts.x='image:a'\n\
             [images.b]\ncontexts.x='image:a'\n[images.a]",
            "a b c d",
        ),
    ] {
        assert_eq!(names(&right(text)).join(" "), expected, "{text}");
    }
}

#[test]
fn a_long_chain_of_parents_is_no_matter() {
    let mut text = String::from("[images.i0]\n");
    for at in 1..3000 {
        text.insert_str(0, &format!("[images.i{at}]\ncontexts.x = 'image:i{}'\n", at - 1));
    }
    let config = right(&text);
    assert_eq!(config.images.first().unwrap().id.to_string(), "i0");
    assert_eq!(config.images.last().unwrap().id.to_string(), "i2999");
}

#[test]
fn places_are_kept_for_later_errors() {
    let config = right(SAMPLE);
    let base = &config.images[0];
    assert_eq!(base.place.to_string(), "imgplan.toml:22:9: images.base");
    for (key, expected) in [
        ("context", "24:11: images.base.context"),
        ("platforms", "27:13: images.base.platforms"),
        ("platforms[1]", "27:29: images.base.platforms[1]"),
        ("build-args", "28:1: images.base.build-args"),
        ("build-args.PYTHON", "28:25: images.base.build-args.PYTHON"),
        ("generated../dist/", "34:27: images.base.generated.\"./dist/\""),
    ] {
        assert_eq!(base.places[key].to_string(), format!("imgplan.toml:{expected}"));
    }
    assert!(!base.places.contains_key("inputs"));
    let debian = &config.images[1].places["contexts.docker.io/library/debian"];
    assert_eq!(debian.key.as_deref(), Some("images.app.contexts.\"docker.io/library/debian\""));
}

#[test]
fn columns_count_characters() {
    for (text, expected) in [
        ("salt_ä = 1", "1:6"),
        ("repository = 'ä' # ü\n\"ö\" = 1", "1:14 2:1"),
        ("tags = { commit = \"ä{x}\" }", "1:20"),
        ("tags.floating = ['a', \"bcd/\"]", "1:27"),
        ("tags.floating = ['''bcd/''']", "1:24"),
        ("tags.floating = [\"\\u0061/\"]", "1:18"),
        ("tags.floating = [\n  \"b\",\n  \"-c\"]\r\nx = 1", "3:4 4:1"),
        ("\u{feff}x = 1", "1:1"),
        ("\u{feff}adopt = 1", "1:9"),
    ] {
        let errors = read(text).unwrap_err();
        let found: Vec<String> = errors
            .0
            .iter()
            .map(|error| error.place().unwrap())
            .map(|place| format!("{}:{}", place.line.unwrap(), place.column.unwrap()))
            .collect();
        assert_eq!(found.join(" "), expected, "{text:?}");
    }
}

#[test]
fn contexts_of_every_kind_are_read() {
    for (value, expected) in [
        (".", NamedContext::Folder(String::new())),
        ("./a/", NamedContext::Folder("a".to_owned())),
        ("./a:b", NamedContext::Folder("a:b".to_owned())),
        ("image:a", NamedContext::Image(ImageId::Named("a".to_owned()))),
        ("image:self", NamedContext::Image(ImageId::Own)),
        ("docker-image://debian:12", NamedContext::DockerImage("debian:12".to_owned())),
        ("https://x.org/y.git#main", NamedContext::Remote("https://x.org/y.git#main".to_owned())),
        ("git@x.org:a/b", NamedContext::Remote("git@x.org:a/b".to_owned())),
        ("ssh://git@x.org/a", NamedContext::Remote("ssh://git@x.org/a".to_owned())),
        ("oci-layout://a/b", NamedContext::Remote("oci-layout://a/b".to_owned())),
    ] {
        let text = format!("[image]\n[images.a]\n[images.b]\ncontexts.x = '{value}'");
        let config = right(&text);
        let image = config.images.iter().find(|image| image.id.to_string() == "b").unwrap();
        assert_eq!(image.contexts["x"], expected, "{value}");
    }
}

#[test]
fn lengths_of_time_are_read() {
    for (text, seconds) in
        [("90m", 5400), ("12h", 43_200), ("30d", 2_592_000), ("2w", 1_209_600), ("36500d", 3_153_600_000)]
    {
        let config = right(&format!("image.max-age = '{text}'"));
        assert_eq!(config.images[0].max_age, Some(Duration::from_secs(seconds)), "{text}");
    }
}

#[test]
fn layouts_are_below_the_folder_of_the_file() {
    let repository = right("repository = 'oci:images'").policy.repository.unwrap();
    let dir = Path::new("/base/images").to_owned();
    assert_eq!(repository, Repository::Layout { dir, shown: "images".to_owned() });
}

/// Every example of the documentation is a right file.
#[test]
fn the_documentation_is_right() {
    let page = include_str!("../../docs/configuration.md");
    let examples: Vec<&str> =
        page.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(examples.len() > 10);
    for example in examples {
        assert_eq!(problems(example), "", "{example}");
    }
}
