//! Images with an end: what a label in them says travels with every tag, so they stand in for nothing that is to last.

use crate::support::{Image, Remote, Sandbox};

/// What Quay reads.
const LABEL: &str = "quay.expires-after";

fn project(image: impl Fn(Image) -> Image) -> (Sandbox, Remote, String) {
    let (sandbox, remote) = (Sandbox::small(), Remote::start());
    let plan = sandbox.plan(&[]).plan();
    let (hash, tag) = (plan.only().hash().to_owned(), plan.only().content_tag().to_owned());
    remote.push("acme/app", &tag, &image(Image::new("built").marked(&hash)));
    (sandbox, remote, tag)
}

/// The label is read from the configuration, of an index from its images'; the plan says what it does.
#[test]
fn an_image_whose_label_has_it_deleted_is_built_again() {
    let of = |image: Image| image.label(LABEL, "2w");
    let index = |image: Image| image.label(LABEL, "2w").platforms(&["linux/amd64", "linux/arm64"]);
    let annotated = |image: Image| image.annotation(LABEL, "2w");
    // One platform's image is enough: the tag goes with the index. An empty annotation does not speak for the images.
    let second = |image: Image| {
        let image = image.platforms(&["linux/amd64", "linux/arm64"]).annotation(LABEL, "");
        image.label_of("linux/amd64", LABEL, "").label_of("linux/arm64", LABEL, "2w")
    };
    for image in [&of as &dyn Fn(Image) -> Image, &index, &annotated, &second] {
        let (sandbox, remote, tag) = project(image);
        let repository = remote.repository("acme/app");
        for command in ["plan", "apply"] {
            let call = sandbox.imgplan(&[command, "--format", "json", "--repository", &repository]);
            let plan = call.plan();
            plan.only().expect("build");
            let reason = plan.only().text("reason").to_owned();
            assert!(
                reason
                    .ends_with("since it would be deleted: its label quay.expires-after=2w travels with it"),
                "{reason}"
            );
        }
        assert_eq!(remote.digest("acme/app", &sandbox.sha7()), None, "nothing is put on it");
        // A configuration that cannot be read is no configuration without a label.
        remote.fault("acme/app", crate::support::remote::Fault::NoManifests);
        let call = sandbox.imgplan(&["plan", "--format", "json", "--repository", &repository]);
        call.run().expect(3).plan().only().expect("unknown");
        assert!(remote.digest("acme/app", &tag).is_some());
    }
}

/// `LABEL quay.expires-after=""` is how a Dockerfile takes back what its base image says.
#[test]
fn an_empty_label_is_no_expiry() {
    for text in ["", " "] {
        let (sandbox, remote, _) = project(|image| image.label(LABEL, text));
        let repository = remote.repository("acme/app");
        let call = sandbox.imgplan(&["plan", "--format", "json", "--repository", &repository]);
        call.plan().only().expect("retag");
    }
}

/// The text of a label is anything; nothing of it is obeyed, and not too much of it is shown.
#[test]
fn a_labels_text_is_only_text() {
    let (sandbox, remote, _) =
        project(|image| image.label(LABEL, &format!("\u{1b}[31m::error::{}", "x".repeat(500))));
    let run = sandbox.imgplan(&["plan", "--repository", &remote.repository("acme/app")]).run().expect(0);
    assert!(!run.stdout.contains('\u{1b}') && !run.stdout.contains(&"x".repeat(40)), "{}", run.stdout);
}
