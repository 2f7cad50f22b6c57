//! The programs of others around a sandbox: a docker-registry that ends with its test, buildah with its storage in
//! the sandbox, and skopeo.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::Sandbox;
use crate::support::plan::Planned;
use crate::support::run::Call;

/// A sandbox with a docker-registry of its own, and buildah's storage in it.
pub(super) struct Real {
    pub(super) sandbox: Sandbox,
    registry: DockerRegistry,
}

/// The server, ended by its own process id when the value is dropped.
pub(super) struct DockerRegistry {
    child: Child,
    port: u16,
}

impl Drop for DockerRegistry {
    fn drop(&mut self) {
        // The child is ours: killing it by its handle can hit no other process.
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait().map(drop)) {
            eprintln!("docker-registry did not end: {error}");
        }
    }
}

impl DockerRegistry {
    /// Open to all, or with the users of a password file.
    pub(super) fn start_with(sandbox: &Sandbox, htpasswd: Option<&str>) -> DockerRegistry {
        let users = sandbox.beside("htpasswd");
        let auth = htpasswd.map(|lines| {
            fs::write(&users, lines).unwrap();
            format!("auth:\n  htpasswd:\n    realm: test\n    path: {}\n", users.display())
        });
        let auth = auth.unwrap_or_default();
        // A free port may be taken by another between the asking and the start, so it is tried a few times.
        for _ in 0..5 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let config = sandbox.beside("registry.yml");
            fs::write(
                &config,
                format!(
                    "version: 0.1\nlog:\n  level: error\n  accesslog:\n    disabled: true\nstorage:\n  \
                     filesystem:\n    rootdirectory: {}\nhttp:\n  addr: 127.0.0.1:{port}\n{auth}",
                    sandbox.beside("registry").display()
                ),
            )
            .unwrap();
            let mut command = sandbox.command("docker-registry");
            command.arg("serve").arg(&config).stdin(Stdio::null());
            command.stdout(Stdio::null()).stderr(Stdio::null());
            let child = command.spawn().expect("docker-registry is installed (scripts/install-test-tools)");
            let mut registry = DockerRegistry { child, port };
            if registry.is_up() {
                return registry;
            }
        }
        panic!("docker-registry did not start");
    }

    pub(super) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn is_up(&mut self) -> bool {
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(10) {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

impl Real {
    pub(super) fn new() -> Real {
        let sandbox = Sandbox::small();
        let registry = DockerRegistry::start_with(&sandbox, None);
        Real { sandbox, registry }
    }

    pub(super) fn repository(&self) -> String {
        format!("127.0.0.1:{}/acme/app", self.registry.port)
    }

    /// `imgplan COMMAND` on the registry.
    pub(super) fn imgplan(&self, args: &[&str]) -> Call {
        let repository = self.repository();
        let call = self.sandbox.imgplan(&[args, &["--format", "json", "--repository", &repository]].concat());
        call.env("CONTAINERS_STORAGE_CONF", &self.storage()).env("BUILDAH_ISOLATION", "chroot")
    }

    /// buildah's storage: in the sandbox, for the buildah that imgplan starts and for ours.
    fn storage(&self) -> String {
        storage(&self.sandbox)
    }

    /// buildah with its storage in the sandbox; what it prints.
    #[track_caller]
    pub(super) fn buildah(&self, args: &[&str]) -> String {
        let mut command = self.sandbox.command("buildah");
        command.env("CONTAINERS_STORAGE_CONF", self.storage()).env("BUILDAH_ISOLATION", "chroot");
        output(command.current_dir(self.sandbox.root()).args(args))
    }

    /// What skopeo says of a reference; the judge that shares nothing with imgplan.
    #[track_caller]
    pub(super) fn skopeo(&self, reference: &str) -> Value {
        inspect(&self.sandbox, &format!("docker://{reference}"))
    }

    #[track_caller]
    pub(super) fn digest(&self, tag: &str) -> String {
        let tagged = self.skopeo(&format!("{}:{tag}", self.repository()));
        tagged["Digest"].as_str().expect("a digest").to_owned()
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

pub(super) fn storage(sandbox: &Sandbox) -> String {
    let file = sandbox.beside("storage.conf");
    let place = |name: &str| sandbox.beside(name).display().to_string();
    let (root, run) = (place("containers/root"), place("containers/run"));
    fs::write(&file, format!("[storage]\ndriver = \"vfs\"\ngraphroot = \"{root}\"\nrunroot = \"{run}\"\n"))
        .unwrap();
    file.display().to_string()
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
pub(super) fn inspect(sandbox: &Sandbox, reference: &str) -> Value {
    let mut command = sandbox.command("skopeo");
    command.args(["inspect", "--no-tags", "--tls-verify=false", reference]);
    serde_json::from_str(&output(&mut command)).unwrap()
}

/// The bytes of a manifest as the registry holds them.
#[track_caller]
pub(super) fn raw(sandbox: &Sandbox, reference: &str) -> String {
    let mut command = sandbox.command("skopeo");
    output(command.args(["inspect", "--raw", "--tls-verify=false", reference]))
}
