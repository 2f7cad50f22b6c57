//! A Renku project as it comes from the template, from its first commit on, with `imgplan apply --build=buildah` as
//! the whole job. Its Dockerfile stays as it is: docker.io is the registry on the loopback address, and the base
//! image there has a shell, and a `pip` and a `mamba` that do next to nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::world::{self, Real};
use crate::support::Sandbox;

const BASE: &str = "renku/renkulab-py:3.11-0.25.0";

/// One commit's job; what the runs say stands in the plan.
struct Job {
    digest: String,
    built: bool,
}

/// Runs the job on `HEAD`, and has skopeo look: both tags are there, at one digest.
fn job(real: &Real, repository: Option<&str>) -> Job {
    let sandbox = &real.sandbox;
    let run = match repository {
        Some(_) => real.imgplan(&["apply", "--build=buildah"]).run(),
        None => world::imgplan(sandbox, &["apply", "--build=buildah"]).run(),
    };
    let run = run.expect(0);
    let plan = run.plan();
    plan.only().expect("up-to-date");
    let place = match repository {
        Some(repository) => format!("docker://{repository}"),
        None => format!("oci:{}", sandbox.root().join(".git/imgplan/oci").display()),
    };
    let digest = world::digest(sandbox, &format!("{place}:{}", sandbox.sha7()));
    assert_eq!(world::digest(sandbox, &format!("{place}:{}", plan.only().content_tag())), digest);
    assert_eq!(plan.only().digest(), Some(digest.as_str()));
    let built = run.stderr.contains("STEP ");
    assert_eq!(plan.only().reason().starts_with("built"), built, "{}", plan.only().reason());
    assert_eq!(plan.only().reason().starts_with("retagged"), !built, "{}", plan.only().reason());
    Job { digest, built }
}

/// First commit, README, requirements, and their revert.
fn history(repository: impl Fn(&Real) -> Option<String>) {
    let real = Real::around(Sandbox::fixture("renku-python"));
    world::as_docker_hub(&real.sandbox, &real.registry);
    push_base(&real);
    let repository = repository(&real);
    let sandbox = &real.sandbox;
    let job = || job(&real, repository.as_deref());

    let first = job();
    assert!(first.built);

    sandbox.append("README.md", "More.\n");
    sandbox.commit("Tell more");
    let edited = job();
    assert!(!edited.built);
    assert_eq!(edited.digest, first.digest);

    sandbox.append("requirements.txt", "pandas==2.2.2\n");
    sandbox.commit("Add pandas");
    let changed = job();
    assert!(changed.built);
    assert_ne!(changed.digest, first.digest);

    sandbox.git(&["revert", "--no-edit", "HEAD"]);
    let reverted = job();
    assert!(!reverted.built);
    assert_eq!(reverted.digest, first.digest);
    assert_eq!(world::left_behind(sandbox), [""; 0]);
}

/// No configuration, no server for its own images: they lie in the common git directory.
#[test]
fn on_the_default_folder() {
    history(|_| None);
}

#[test]
fn on_a_registry() {
    history(|real| Some(real.repository()));
}

/// The base image under its name on docker.io.
pub(super) fn push_base(real: &Real) {
    let context = real.sandbox.beside("base");
    let root = context.join("root");
    world::shell_root(&real.sandbox, &root);
    for (name, script) in [
        ("pip", "#!/bin/sh\nmkdir -p \"$HOME/.renku/venv\"\necho \"pip $*\"\n"),
        ("mamba", "#!/bin/sh\necho \"mamba $*\"\n"),
    ] {
        let file = root.join("bin").join(name);
        fs::write(&file, script).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }
    fs::write(
        context.join("Dockerfile"),
        "FROM scratch\nCOPY root /\nENV HOME=/home/rstudio PATH=/bin\nRUN mkdir -p /tmp \"$HOME\"\n",
    )
    .unwrap();
    real.buildah(&["bud", "--layers=false", "-t", BASE, context.to_str().unwrap()]);
    let to = format!("docker://{}/{BASE}", real.registry.host);
    real.buildah(&["push", "--tls-verify=false", BASE, &to]);
}
