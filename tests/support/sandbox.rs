//! A project in a temporary folder: a git repository with fixed dates, a home of its own, and a folder for
//! image layouts. Everything that runs in it starts from an empty environment.

use std::cell::{Cell, RefCell};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::image::{self, Image};
use super::run::{Call, Run};

/// 2024-01-01T00:00:00Z; every commit is a minute later than the one before.
pub const FIRST_COMMIT: i64 = 1_704_067_200;

/// One project; the folder goes when it is dropped.
pub struct Sandbox {
    dir: TempDir,
    commits: Cell<i64>,
    ids: RefCell<Vec<String>>,
}

impl Sandbox {
    /// An empty repository on `main`, without a commit.
    pub fn new() -> Sandbox {
        let sandbox = Sandbox::without_git();
        sandbox.git(&["init", "--quiet", "-b", "main"]);
        sandbox
    }

    /// An empty folder that is no repository.
    pub fn without_git() -> Sandbox {
        let dir = tempfile::Builder::new().prefix("imgplan-test-").tempdir().unwrap();
        fs::create_dir(dir.path().join("home")).unwrap();
        fs::create_dir(dir.path().join("project")).unwrap();
        Sandbox { dir, commits: Cell::new(0), ids: RefCell::default() }
    }

    /// The least project there is: a Dockerfile that copies one file, and a README that it does not copy.
    pub fn small() -> Sandbox {
        let sandbox = Sandbox::new();
        sandbox.write("Dockerfile", "FROM scratch\nCOPY app.txt /\n");
        sandbox.write("app.txt", "one\n");
        sandbox.write("README.md", "# A project\n");
        sandbox.commit("A small project");
        sandbox
    }

    /// The files of `fixtures/NAME`, committed.
    pub fn fixture(name: &str) -> Sandbox {
        let sandbox = Sandbox::new();
        sandbox.copy_fixture(name);
        sandbox.commit("Start from the template");
        sandbox
    }

    /// The files of `fixtures/NAME`, with their modes, not committed.
    pub fn copy_fixture(&self, name: &str) {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
        copy(&from, &self.root());
    }

    /// The project's root.
    pub fn root(&self) -> PathBuf {
        self.dir.path().join("project")
    }

    /// A path beside the project, in the temporary folder.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The folder of the image layouts; it is not there before the first image is.
    pub fn layout(&self) -> PathBuf {
        self.beside("images")
    }

    /// The same as a repository: `oci:…`.
    pub fn repository(&self) -> String {
        format!("oci:{}", self.layout().display())
    }

    /// Writes a file of the working tree.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Reads a file of the working tree.
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap()
    }

    /// Adds text at the end of a file of the working tree.
    pub fn append(&self, path: &str, text: &str) {
        self.write(path, &(self.read(path) + text));
    }

    /// Replaces a text that must stand in a file of the working tree.
    #[track_caller]
    pub fn replace(&self, path: &str, old: &str, new: &str) {
        let text = self.read(path);
        assert!(text.contains(old), "{path} lacks {old:?}");
        self.write(path, &text.replace(old, new));
    }

    /// Makes a file of the working tree executable.
    pub fn executable(&self, path: &str) {
        fs::set_permissions(self.root().join(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Makes a symbolic link in the working tree.
    pub fn symlink(&self, path: &str, target: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
    }

    /// Removes a file of the working tree.
    pub fn remove(&self, path: &str) {
        fs::remove_file(self.root().join(path)).unwrap();
    }

    /// Commits all that is in the working tree; returns the full id.
    pub fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.commits.set(self.commits.get() + 1);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.head()
    }

    /// The full id of `HEAD`.
    pub fn head(&self) -> String {
        let id = self.git(&["rev-parse", "HEAD"]);
        self.ids.borrow_mut().push(id.clone());
        id
    }

    /// The first seven characters of `HEAD`: the commit tag.
    pub fn sha7(&self) -> String {
        self.head()[..7].to_owned()
    }

    /// Runs git in the project; returns what it prints, without the line end.
    #[track_caller]
    pub fn git(&self, args: &[&str]) -> String {
        let mut command = self.command("git");
        // No collection in the background: it would outlive the call, and race with what comes next.
        command.args(["-c", "gc.auto=0", "-c", "maintenance.auto=false"]).args(args).current_dir(self.root());
        let date = format!("{} +0000", FIRST_COMMIT + 60 * (self.commits.get() - 1).max(0));
        command.env("GIT_AUTHOR_DATE", &date).env("GIT_COMMITTER_DATE", &date);
        let out = command.output().expect("git starts");
        let stderr = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "git {args:?}: {stderr}");
        String::from_utf8(out.stdout).expect("git prints text").trim_end().to_owned()
    }

    /// A program with the sandbox's environment: `PATH`, a home of its own, no settings of the machine.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(self.dir.path());
        command.env("PATH", std::env::var_os("PATH").expect("PATH is set"));
        command.env("HOME", self.beside("home")).env("LC_ALL", "C.UTF-8").env("TZ", "UTC");
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Ada").env(format!("GIT_{who}_EMAIL"), "ada@example.org");
        }
        command
    }

    /// imgplan in the project with exactly these arguments.
    pub fn imgplan(&self, args: &[&str]) -> Call {
        let mut shown = vec![(self.dir.path().display().to_string(), "[DIR]")];
        shown.extend(self.ids.borrow().iter().map(|id| (id[..7].to_owned(), "[SHA7]")));
        Call::new(self.command(env!("CARGO_BIN_EXE_imgplan")), self.root(), args, shown)
    }

    /// `imgplan plan --format json` on the sandbox's layouts.
    pub fn plan(&self, args: &[&str]) -> Call {
        self.planned("plan", args)
    }

    /// `imgplan apply --format json` on the sandbox's layouts.
    pub fn apply(&self, args: &[&str]) -> Call {
        self.planned("apply", args)
    }

    fn planned(&self, command: &str, args: &[&str]) -> Call {
        let repository = self.repository();
        self.imgplan(&[&[command, "--format", "json", "--repository", &repository][..], args].concat())
    }

    /// Writes an image into the layout of the project's own image.
    pub fn image(&self, tag: &str, image: &Image) -> String {
        image.write(&self.layout(), tag)
    }

    /// Writes an image into the layout of `[images.NAME]`.
    pub fn image_of(&self, name: &str, tag: &str, image: &Image) -> String {
        image.write(&self.layout().join(name), tag)
    }

    /// Writes a marked image under each image's content tag, as a builder that knows imgplan leaves it; returns
    /// the digests in the order of the plan.
    pub fn build_all(&self) -> Vec<String> {
        let repository = self.repository();
        let plan = self.plan(&[]).plan();
        let build = |image: super::plan::Planned<'_>| {
            let place = image.text("repository").strip_prefix("oci:").expect("a layout of the sandbox");
            assert!(image.text("repository").starts_with(&repository));
            Image::new(image.hash()).marked(image.hash()).write(Path::new(place), image.content_tag())
        };
        plan.images().into_iter().map(build).collect()
    }

    /// The tags of the project's own image.
    pub fn tags(&self) -> std::collections::BTreeMap<String, String> {
        image::tags(&self.layout())
    }

    /// Every file below the layouts with its bytes, to show that nothing changed.
    pub fn layout_files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        if self.layout().exists() {
            walk(&self.layout(), &mut |path| files.push((path.to_owned(), fs::read(path).unwrap())));
        }
        files.sort();
        files
    }

    /// The content hash of the project's only image at a commit.
    #[track_caller]
    pub fn hash_at(&self, commit: &str) -> String {
        self.plan(&[commit]).plan().only().hash().to_owned()
    }

    /// A run of imgplan that is expected to fail: status, no panic, an `error:` line.
    #[track_caller]
    pub fn fails(&self, args: &[&str], code: i32) -> Run {
        self.imgplan(args).run().expect(code).says(&["error:"])
    }
}

fn walk(dir: &Path, visit: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() { walk(&entry.path(), visit) } else { visit(&entry.path()) }
    }
}

fn copy(from: &Path, to: &Path) {
    let mut paths = Vec::new();
    walk(from, &mut |path| paths.push(path.to_owned()));
    assert!(!paths.is_empty(), "no fixture at {}", from.display());
    for path in paths {
        let target = to.join(path.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        if path.is_symlink() {
            symlink(fs::read_link(&path).unwrap(), target).unwrap();
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}
