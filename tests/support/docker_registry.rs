//! Debian's docker-registry (distribution 2.8), for tests and measurements against a real server.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use super::sandbox::Sandbox;

/// The server, ended by its own process id when the value is dropped.
pub struct DockerRegistry {
    child: Child,
    pub host: String,
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
    /// Open to all, on a port that it chooses itself, with its files beside the project.
    pub fn start(sandbox: &Sandbox) -> DockerRegistry {
        DockerRegistry::start_with(sandbox, None)
    }

    /// The same, or with the users of a password file.
    pub fn start_with(sandbox: &Sandbox, htpasswd: Option<&str>) -> DockerRegistry {
        DockerRegistry::run(sandbox, Path::new("docker-registry"), htpasswd, false)
    }

    /// Another version of it; with `deletes`, deleting is allowed.
    pub fn run(sandbox: &Sandbox, program: &Path, htpasswd: Option<&str>, deletes: bool) -> DockerRegistry {
        let users = sandbox.beside("htpasswd");
        let auth = htpasswd.map(|lines| {
            fs::write(&users, lines).unwrap();
            format!("auth: {{htpasswd: {{realm: test, path: {users:?}}}}}\n")
        });
        let auth = auth.unwrap_or_default();
        let config = sandbox.beside("registry.yml");
        let store = sandbox.beside("registry");
        let text = format!(
            "version: 0.1\nlog: {{level: info, formatter: json}}\n\
             storage: {{filesystem: {{rootdirectory: {store:?}}}, delete: {{enabled: {deletes}}}}}\nhttp: {{addr: \"127.0.0.1:0\"}}\n{auth}"
        );
        fs::write(&config, text).unwrap();
        let mut command = sandbox.command(program.to_str().unwrap());
        command.arg("serve").arg(&config);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("docker-registry is installed (scripts/install-test-tools)");
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        // It says which port it got; afterwards its log is read on, so that the pipe never fills.
        let host = loop {
            let line = lines.next().expect("docker-registry ended before it listened").unwrap();
            if let Some((_, rest)) = line.split_once("listening on ") {
                break rest.split(['"', ' ', ',']).next().unwrap().to_owned();
            }
        };
        std::thread::spawn(move || lines.for_each(drop));
        DockerRegistry { child, host }
    }
}
