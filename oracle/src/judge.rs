//! The client of `judge`, the Go program that runs BuildKit: requests out, answers in, many at a time.
//!
//! It builds that program (and buildkitd, at the versions of `judge/go.mod`) where it is not built yet. What an
//! answer means for imgplan is not its business.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::thread::JoinHandle;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::answers::{Answers, key};
use crate::snapshot::{Context, Image, Snapshot};

/// What became of one build.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Built {
    /// Digest of the manifest or index; none where the build failed.
    pub digest: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// Steps that no cache answered, where the request asked for the cache.
    #[serde(default)]
    pub ran: Vec<String>,
}

/// How a request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Every step runs.
    Fresh,
    /// What earlier requests ran is taken from BuildKit's cache.
    Cached,
}

#[derive(Serialize)]
struct Request {
    id: String,
    root: PathBuf,
    cached: bool,
    renew: bool,
    builds: Vec<Build>,
}

#[derive(Serialize)]
struct Build {
    name: String,
    context: String,
    dockerfile: String,
    target: String,
    args: BTreeMap<String, String>,
    platforms: Vec<String>,
    contexts: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Answer {
    id: String,
    #[serde(default)]
    images: BTreeMap<String, Built>,
    error: Option<String>,
}

/// What a daemon may remember: its databases are slower to ask the more they have held, pruned or not.
const BUILDS_KEPT: usize = 400;

/// While it lasts, the daemon is the same: what one build ran, its cache knows for the next.
#[must_use = "the daemon may be another one after it"]
pub struct Session<'a>(#[expect(dead_code, reason = "held, not read")] RwLockReadGuard<'a, ()>);

/// A running judge. Dropped, it ends with its daemon, its registry and all that they wrote.
pub struct Judge {
    child: Child,
    input: Option<Mutex<ChildStdin>>,
    waiting: Arc<Mutex<HashMap<String, Sender<Answer>>>>,
    reader: Option<JoinHandle<()>>,
    counter: AtomicU64,
    /// Builds since the daemon was started.
    built: AtomicUsize,
    /// Sessions hold it for reading, so that none spans two daemons.
    sessions: RwLock<()>,
    answers: Option<Answers>,
    folder: TempDir,
}

impl Judge {
    /// Builds the programs into `target`, and starts `workers` builds at a time.
    pub fn start(target: &Path, workers: usize) -> Result<Judge> {
        let tools = tools(target)?;
        let folder = scratch("judge")?;
        let mut child = Command::new(tools.join("judge"))
            .arg("--folder")
            .arg(folder.path())
            .arg("--tools")
            .arg(&tools)
            .args(["--workers", &workers.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the judge cannot be started")?;
        let input = child.stdin.take().map(Mutex::new);
        let output = child.stdout.take().context("the judge has no output")?;
        let waiting: Arc<Mutex<HashMap<String, Sender<Answer>>>> = Arc::default();
        let answers = Arc::clone(&waiting);
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                // An answer that is no JSON ends the reading; whoever waits then learns that the judge is gone.
                let Ok(answer) = serde_json::from_str::<Answer>(&line) else { break };
                let sender = answers.lock().unwrap_or_else(PoisonError::into_inner).remove(&answer.id);
                if let Some(sender) = sender {
                    // Whoever asked may have given up.
                    let _ = sender.send(answer);
                }
            }
            answers.lock().unwrap_or_else(PoisonError::into_inner).clear();
        });
        Ok(Judge {
            child,
            input,
            waiting,
            reader: Some(reader),
            counter: AtomicU64::new(0),
            built: AtomicUsize::new(0),
            sessions: RwLock::default(),
            answers: None,
            folder,
        })
    }

    /// Where the registry of the base images listens. Only after a first answer: it may be still about to start.
    pub fn registry(&self) -> Result<String> {
        let path = self.folder.path().join("registry");
        std::fs::read_to_string(&path).with_context(|| path.display().to_string())
    }

    /// Keeps answers, and takes what is known from there.
    pub fn remember(&mut self, answers: Answers) {
        self.answers = Some(answers);
    }

    /// An answer of an earlier run.
    pub fn known(&self, snapshot: &Snapshot, mode: Mode) -> Option<BTreeMap<String, Built>> {
        self.answers.as_ref()?.get(&key(snapshot, mode))
    }

    /// Begins a session, where it is time with a daemon that remembers nothing.
    pub fn session(&self) -> Result<Session<'_>> {
        if self.built.load(Ordering::Relaxed) >= BUILDS_KEPT {
            self.renew()?;
        }
        Ok(Session(self.sessions.read().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Goes on with a daemon that remembers nothing, once all sessions are over.
    pub fn renew(&self) -> Result<()> {
        let _alone = self.sessions.write().unwrap_or_else(PoisonError::into_inner);
        // Another one that waited may have done it.
        if self.built.swap(0, Ordering::Relaxed) > 0 {
            self.request(Request {
                id: self.name(),
                root: PathBuf::new(),
                cached: false,
                renew: true,
                builds: Vec::new(),
            })?;
        }
        Ok(())
    }

    /// Builds the images of a checkout, parents first; by name.
    pub fn ask(&self, root: &Path, snapshot: &Snapshot, mode: Mode) -> Result<BTreeMap<String, Built>> {
        self.built.fetch_add(snapshot.images.len(), Ordering::Relaxed);
        let images = self.request(Request {
            id: self.name(),
            root: root.to_owned(),
            cached: mode == Mode::Cached,
            renew: false,
            builds: snapshot.images.iter().map(build).collect(),
        })?;
        if let Some(answers) = &self.answers {
            answers.put(key(snapshot, mode), &images)?;
        }
        Ok(images)
    }

    fn name(&self) -> String {
        format!("r{}", self.counter.fetch_add(1, Ordering::Relaxed))
    }

    fn request(&self, request: Request) -> Result<BTreeMap<String, Built>> {
        let (sender, receiver) = mpsc::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(request.id.clone(), sender);
        let mut line = serde_json::to_string(&request)?;
        line.push('\n');
        if let Some(input) = &self.input {
            input
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .write_all(line.as_bytes())
                .context("the judge is gone")?;
        }
        let answer = receiver.recv().context("the judge ended before it answered; its messages are above")?;
        match answer.error {
            Some(error) => bail!("the judge: {error}"),
            None => Ok(answer.images),
        }
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        // The end of its input is what it stops at, and it stops its daemon first.
        drop(self.input.take());
        let _ = self.child.wait();
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

fn build(image: &Image) -> Build {
    Build {
        name: image.name.clone(),
        context: image.context.clone(),
        dockerfile: image.dockerfile.clone(),
        target: image.target.clone().unwrap_or_default(),
        args: image.args.clone(),
        platforms: image.platforms.clone(),
        contexts: image
            .contexts
            .iter()
            .map(|(name, context)| {
                let context = match context {
                    Context::Folder(path) => format!("folder:{path}"),
                    external_or_parent => external_or_parent.to_string(),
                };
                (name.clone(), context)
            })
            .collect(),
    }
}

/// A folder for many small files that nobody keeps: in memory where there is room, since builds sync their files.
pub fn scratch(name: &str) -> Result<TempDir> {
    let memory = Path::new("/dev/shm");
    let mut builder = tempfile::Builder::new();
    builder.prefix("imgplan-oracle-").suffix(name);
    if memory.is_dir()
        && let Ok(folder) = builder.tempdir_in(memory)
    {
        return Ok(folder);
    }
    builder.tempdir().context("no temporary folder")
}

/// Builds the Go programs. Go's own cache makes the second time cheap.
fn tools(target: &Path) -> Result<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("judge");
    let tools = std::path::absolute(target)?.join("oracle");
    std::fs::create_dir_all(&tools)?;
    for (output, package, architecture) in [
        ("judge", ".", None),
        ("see-amd64", "./see", Some("amd64")),
        ("see-386", "./see", Some("386")),
        ("buildkitd", "github.com/moby/buildkit/cmd/buildkitd", None),
    ] {
        let mut go = Command::new("go");
        go.current_dir(&source).env("CGO_ENABLED", "0").args(["build", "-trimpath", "-ldflags=-s -w", "-o"]);
        go.arg(tools.join(output)).arg(package);
        if let Some(architecture) = architecture {
            go.env("GOOS", "linux").env("GOARCH", architecture);
        }
        let status = go.status().context("go cannot be run: BuildKit is built with it")?;
        if !status.success() {
            bail!("go build {package} failed in {}", source.display());
        }
    }
    Ok(tools)
}
