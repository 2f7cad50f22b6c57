//! Builders on a registry with a password: what imgplan's own requests get through with, the builder does, too.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::bake::Buildx;
use super::world::{self, DockerRegistry};
use super::{builds, tool};
use crate::support::Sandbox;
use crate::support::run::Call;

/// bcrypt of "secret", as `htpasswd -B` writes it.
const USERS: &str = "me:$2b$04$peGGogbW3PUc25BjraQQJe56HZh3xV/EvNsYRNfvCtFKBkKEen.Bi\n";

/// `base` and `app` on it, and a registry that only `me` may read and write.
struct World {
    sandbox: Sandbox,
    registry: DockerRegistry,
}

impl World {
    fn new() -> World {
        let sandbox = builds::family("");
        let registry = DockerRegistry::start_with(&sandbox, Some(USERS));
        World { sandbox, registry }
    }

    fn apply(&self, how: &str) -> Call {
        let repository = format!("{}/acme/app", self.registry.host);
        world::imgplan(&self.sandbox, &["apply", how, "--repository", &repository])
    }

    /// Both images are built, the second on the first; then the same for a changed child alone, whose parent is there
    /// and has to be pulled.
    #[track_caller]
    fn builds(&self, apply: impl Fn() -> Call) {
        let plan = apply().plan();
        assert_eq!(plan.actions(), ["base: up-to-date", "app: up-to-date"]);
        self.sandbox.append("app/b.txt", "more\n");
        self.sandbox.commit("Another app");
        let plan = apply().plan();
        assert!(plan.image("app").reason().starts_with("built"), "{:#}", plan.0);
        assert!(plan.image("base").reason().starts_with("retagged"), "{:#}", plan.0);
        assert_eq!(world::left_behind(&self.sandbox), [""; 0]);
    }

    fn ci(&self, call: Call) -> Call {
        call.env("CI_REGISTRY", &self.registry.host)
            .env("CI_REGISTRY_USER", "me")
            .env("CI_REGISTRY_PASSWORD", "secret")
    }

    fn own(&self, call: Call) -> Call {
        call.env("IMGPLAN_USERNAME", "me").env("IMGPLAN_PASSWORD", "secret")
    }

    fn config(&self, call: Call) -> Call {
        let config = format!("{{\"auths\":{{\"{}\":{{\"auth\":\"bWU6c2VjcmV0\"}}}}}}", self.registry.host);
        call.env("DOCKER_AUTH_CONFIG", &config)
    }
}

#[test]
fn buildah_has_the_login_of_gitlabs_job() {
    let world = World::new();
    world.builds(|| world.ci(world.apply("--build=buildah")));
}

#[test]
fn buildah_has_imgplans_own_login() {
    let world = World::new();
    world.builds(|| world.own(world.apply("--build=buildah")));
}

#[test]
fn buildah_has_the_login_of_docker_auth_config() {
    let world = World::new();
    world.builds(|| world.config(world.apply("--build=buildah")));
}

/// The user's command, which calls what it likes.
#[test]
fn a_build_command_has_the_login_too() {
    let world = World::new();
    let command = "buildah build --layers=false -t built ${IMGPLAN_CONTEXTS:+--build-context \"$IMGPLAN_CONTEXTS\"} \
                   ${IMGPLAN_BUILD_ARGS:+--build-arg \"$IMGPLAN_BUILD_ARGS\"} --tls-verify=false \
                   -f \"$IMGPLAN_DOCKERFILE\" \"$IMGPLAN_CONTEXT\" && \
                   buildah push --tls-verify=false built \"docker://$IMGPLAN_TAGS\"";
    world.builds(|| world.own(world.apply(&format!("--build-command={command}"))));
}

/// buildx with a BuildKit of its own; `docker` does no more than to call the plugin.
#[test]
fn buildx_has_every_login() {
    let world = World::new();
    let buildx = Buildx::start(&world.sandbox);
    let bin = world.sandbox.beside("docker-bin");
    fs::create_dir_all(&bin).unwrap();
    let docker = bin.join("docker");
    fs::write(&docker, format!("#!/bin/sh\nshift\nexec '{}' \"$@\"\n", tool("tools/bin/buildx").display()))
        .unwrap();
    fs::set_permissions(&docker, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let config = world.sandbox.beside("buildx").display().to_string();
    let apply = || world.apply("--build=buildx").env("PATH", &path).env("BUILDX_CONFIG", &config);
    world.builds(|| world.ci(apply()));
    world.sandbox.append("base/a.txt", "more\n");
    world.sandbox.commit("Another base");
    world.builds(|| world.own(apply()));
    world.sandbox.append("base/a.txt", "still more\n");
    world.sandbox.commit("Yet another base");
    world.builds(|| world.config(apply()));
    drop(buildx);
}
