//! The programs of others around a sandbox: a docker-registry that ends with its test, buildah with its storage in
//! the sandbox, and skopeo.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::Sandbox;
pub(super) use crate::support::docker_registry::DockerRegistry;
use crate::support::plan::Planned;
use crate::support::run::Call;

/// A sandbox with a docker-registry of its own.
pub(super) struct Real {
    pub(super) sandbox: Sandbox,
    pub(super) registry: DockerRegistry,
}

impl Real {
    /// Around the least project there is.
    pub(super) fn new() -> Real {
        Real::around(Sandbox::small())
    }

    /// Around a project.
    pub(super) fn around(sandbox: Sandbox) -> Real {
        let registry = DockerRegistry::start(&sandbox);
        Real { sandbox, registry }
    }

    /// Where imgplan is sent.
    pub(super) fn repository(&self) -> String {
        format!("{}/acme/app", self.registry.host)
    }

    /// `imgplan COMMAND` on the registry.
    pub(super) fn imgplan(&self, args: &[&str]) -> Call {
        let repository = self.repository();
        imgplan(&self.sandbox, &[args, &["--repository", &repository]].concat())
    }

    /// buildah with its storage in the sandbox; what it prints.
    #[track_caller]
    pub(super) fn buildah(&self, args: &[&str]) -> String {
        buildah(&self.sandbox, args)
    }

    /// What skopeo says of a reference; the judge that shares nothing with imgplan.
    #[track_caller]
    pub(super) fn skopeo(&self, reference: &str) -> Value {
        inspect(&self.sandbox, &format!("docker://{reference}"))
    }

    /// The digest of a tag of the project's own image.
    #[track_caller]
    pub(super) fn digest(&self, tag: &str) -> String {
        digest(&self.sandbox, &format!("docker://{}:{tag}", self.repository()))
    }

    /// Builds what the plan says, with nothing but the plan.
    pub(super) fn build(&self, image: Planned<'_>, platform: &[&str], target: &[&str]) {
        let build = image.build();
        let (context, file) = (build["context"].as_str().unwrap(), build["dockerfile"].as_str().unwrap());
        let mut args = vec!["bud", "--layers=false", "--file", file];
        let pairs = |key: &str, flag: &'static str| {
            let object = build[key].as_object().unwrap();
            let pair = |(key, value): (&String, &Value)| {
                [flag.to_owned(), format!("{key}={}", value.as_str().unwrap())]
            };
            object.iter().flat_map(pair).collect::<Vec<_>>()
        };
        let given =
            [pairs("args", "--build-arg"), pairs("labels", "--label"), pairs("annotations", "--annotation")];
        let given = given.concat();
        args.extend(given.iter().map(String::as_str));
        args.extend(platform);
        args.extend(target);
        args.push(context);
        self.buildah(&args);
    }
}

/// `imgplan COMMAND` in JSON, for runs that start buildah.
pub(super) fn imgplan(sandbox: &Sandbox, args: &[&str]) -> Call {
    let call = sandbox.imgplan(&[args, &["--format", "json"]].concat());
    environment(sandbox).into_iter().fold(call, |call, (name, value)| call.env(name, &value))
}

/// buildah's storage and temporary files: in the sandbox, for the buildah that imgplan starts and for ours.
pub(super) fn environment(sandbox: &Sandbox) -> [(&'static str, String); 4] {
    let place = |name: &str| sandbox.beside(name).display().to_string();
    let (root, run) = (place("containers/root"), place("containers/run"));
    let write = |name: &str, text: String| {
        let file = sandbox.beside(name);
        if !file.exists() {
            fs::write(&file, text).unwrap();
        }
        file.display().to_string()
    };
    fs::create_dir_all(sandbox.beside("tmp")).unwrap();
    [
        (
            "CONTAINERS_STORAGE_CONF",
            write(
                "storage.conf",
                format!("[storage]\ndriver = \"vfs\"\ngraphroot = \"{root}\"\nrunroot = \"{run}\"\n"),
            ),
        ),
        ("CONTAINERS_REGISTRIES_CONF", write("registries.conf", String::new())),
        ("BUILDAH_ISOLATION", "chroot".to_owned()),
        ("TMPDIR", place("tmp")),
    ]
}

/// From now on docker.io is this registry, for buildah.
pub(super) fn as_docker_hub(sandbox: &Sandbox, registry: &DockerRegistry) {
    let host = &registry.host;
    let text = format!(
        "unqualified-search-registries = [\"docker.io\"]\n\
         [[registry]]\nprefix = \"docker.io\"\nlocation = \"{host}\"\ninsecure = true\n"
    );
    fs::write(sandbox.beside("registries.conf"), text).unwrap();
}

/// What imgplan and builders leave in the temporary folder.
pub(super) fn left_behind(sandbox: &Sandbox) -> Vec<String> {
    let entries = fs::read_dir(sandbox.beside("tmp")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("imgplan-")).collect()
}

/// Fills a folder with a shell and a few commands of this machine, for images whose Dockerfile runs something.
pub(super) fn shell_root(sandbox: &Sandbox, dir: &Path) {
    let script = r#"set -eu
        mkdir -p "$1/bin"
        for name in sh rm mkdir sleep; do
            file=$(readlink -f "$(command -v "$name")")
            cp "$file" "$1/bin/$name"
            for library in $(ldd "$file" | grep -o '/[^ ]*'); do
                mkdir -p "$1${library%/*}"
                cp -L "$library" "$1$library"
            done
        done"#;
    output(sandbox.command("sh").args(["-c", script, "sh"]).arg(dir));
}

/// A `buildah` that is found before the real one and runs this script first; `$log` is a file of its own. Returns
/// what `PATH` must be.
pub(super) fn shim(sandbox: &Sandbox, script: &str) -> String {
    let path = std::env::var("PATH").unwrap();
    let bin = sandbox.beside("bin");
    fs::create_dir_all(&bin).unwrap();
    let file = bin.join("buildah");
    let log = sandbox.beside("log");
    let text = format!(
        "#!/bin/sh\nset -eu\nlog='{}'\n{script}\nPATH='{path}'\nexec buildah \"$@\"\n",
        log.display()
    );
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    format!("{}:{path}", bin.display())
}

/// buildah in the project; what it prints.
#[track_caller]
pub(super) fn buildah(sandbox: &Sandbox, args: &[&str]) -> String {
    let mut command = sandbox.command("buildah");
    output(command.envs(environment(sandbox)).current_dir(sandbox.root()).args(args))
}

#[track_caller]
pub(super) fn output(command: &mut Command) -> String {
    let program = command.get_program().to_owned();
    let out =
        command.output().unwrap_or_else(|error| panic!("{program:?} (scripts/install-test-tools): {error}"));
    assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

#[track_caller]
pub(super) fn skopeo(sandbox: &Sandbox, args: &[&str]) -> String {
    output(sandbox.command("skopeo").args(args))
}

#[track_caller]
pub(super) fn inspect(sandbox: &Sandbox, reference: &str) -> Value {
    inspect_for(sandbox, "amd64", reference)
}

/// What an index holds for one architecture.
#[track_caller]
pub(super) fn inspect_for(sandbox: &Sandbox, architecture: &str, reference: &str) -> Value {
    let architecture = format!("--override-arch={architecture}");
    let args = [&architecture, "inspect", "--no-tags", "--tls-verify=false", reference];
    serde_json::from_str(&skopeo(sandbox, &args)).unwrap()
}

/// The digest of a reference.
#[track_caller]
pub(super) fn digest(sandbox: &Sandbox, reference: &str) -> String {
    inspect(sandbox, reference)["Digest"].as_str().expect("a digest").to_owned()
}

/// The bytes of a manifest as the registry holds them.
#[track_caller]
pub(super) fn raw(sandbox: &Sandbox, reference: &str) -> String {
    skopeo(sandbox, &["inspect", "--raw", "--tls-verify=false", reference])
}
