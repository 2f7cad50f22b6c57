//! A registry in this process, over real HTTP on 127.0.0.1, that fails on demand.
//!
//! It speaks the distribution specification as far as imgplan does, with bearer tokens or passwords where asked for,
//! records every request, and stops when it is dropped:
//!
//! ```ignore
//! let registry = TestRegistry::start().with_tokens("me", "secret");
//! let digest = registry.push_image("acme/app", "v1", &Image::new().layer("files"));
//! registry.fail(Fault::on("HEAD", "/manifests/").nth(1).answer(Response::page(503)));
//! // … run imgplan with `{registry.host()}/acme/app` …
//! assert_eq!(registry.requests(), ["HEAD /v2/acme/app/manifests/v1 none"]);
//! ```

mod fault;
mod halt;
mod handler;
mod image;
mod tls;
mod wire;

use std::collections::{BTreeMap, HashMap};
use std::io::{BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;

use imgplan::reference::Digest;

use fault::Does;
pub use fault::Fault;
pub use halt::Moment;
use halt::{Halt, Met};
pub use image::Image;
pub use tls::Authority;
pub use wire::{Request, Response};

/// The registry; dropping it closes everything.
pub struct TestRegistry {
    shared: Arc<Shared>,
    address: SocketAddr,
    accepting: Option<JoinHandle<()>>,
}

/// How clients have to say who they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Access {
    /// Not at all.
    #[default]
    Open,
    /// With user and password in each request.
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: String,
    },
    /// With tokens from `/token`.
    Tokens {
        /// The user.
        user: String,
        /// The password; also the identity token that the OAuth2 POST takes.
        password: String,
    },
}

/// What the registry holds and how it behaves.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) repositories: BTreeMap<String, Repository>,
    pub(crate) access: Access,
    /// Whoever has no credentials gets tokens for reading.
    pub(crate) anonymous_pull: bool,
    /// The token server refuses a token for pushing, instead of granting less.
    pub(crate) denies_push: bool,
    /// The token server grants reading only.
    pub(crate) read_only: bool,
    /// The token server knows the OAuth2 POST.
    pub(crate) oauth: bool,
    /// Seconds that tokens live, as told; `None` tells nothing.
    pub(crate) expires_in: Option<u64>,
    /// Another address for the realm of challenges.
    pub(crate) realm: Option<String>,
    /// Scopes of the tokens given out.
    pub(crate) tokens: HashMap<String, Vec<String>>,
    pub(crate) requests: Vec<Request>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) uploads: usize,
    pub(crate) mounts: bool,
    pub(crate) immutable_tags: bool,
    /// Tags on one page at most, whatever is asked for.
    pub(crate) page: Option<usize>,
    pub(crate) deletes: Deletes,
    halt: Halt,
    /// Counts the halts: connections from before one have no effect any more.
    generation: usize,
}

/// What a DELETE of a tag does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Deletes {
    /// 405, as distribution 2.8, GHCR and Docker Hub.
    #[default]
    Nothing,
    /// 400 with UNSUPPORTED, as Harbor.
    NothingAsHarbor,
    /// The tag alone, as distribution 3, zot and Quay.
    Tag,
    /// The tag alone, in GitLab's older way.
    TagByReference,
    /// The image, with all its tags.
    Image,
}

/// One repository.
#[derive(Debug, Clone, Default)]
pub(crate) struct Repository {
    pub(crate) manifests: BTreeMap<String, (String, Vec<u8>)>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) blobs: BTreeMap<String, Vec<u8>>,
}

struct Shared {
    state: Mutex<State>,
    stopped: AtomicBool,
    connections: Mutex<Vec<TcpStream>>,
    host: String,
    tls: Option<Arc<rustls::ServerConfig>>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl TestRegistry {
    /// An open, empty registry on a port of its own.
    pub fn start() -> TestRegistry {
        TestRegistry::on("127.0.0.1", None)
    }

    /// The same behind TLS with this certificate, by an address that is not one of those spoken to in plain http.
    pub fn start_with_tls(certificate: rustls::ServerConfig) -> TestRegistry {
        TestRegistry::on(tls::HOST, Some(Arc::new(certificate)))
    }

    fn on(host: &str, tls: Option<Arc<rustls::ServerConfig>>) -> TestRegistry {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = State { mounts: true, oauth: true, ..State::default() };
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            stopped: AtomicBool::new(false),
            connections: Mutex::default(),
            host: format!("{host}:{}", address.port()),
            tls,
        });
        let for_thread = Arc::clone(&shared);
        let accepting = std::thread::spawn(move || accept(&listener, &for_thread));
        TestRegistry { shared, address, accepting: Some(accepting) }
    }

    fn configure(self, change: impl FnOnce(&mut State)) -> TestRegistry {
        change(&mut self.shared.state());
        self
    }

    /// Wants tokens, which `/token` gives out for this user and password.
    pub fn with_tokens(self, user: &str, password: &str) -> TestRegistry {
        let access = Access::Tokens { user: user.to_owned(), password: password.to_owned() };
        self.configure(|state| state.access = access)
    }

    /// Gives tokens for reading to everybody.
    pub fn with_anonymous_pull(self) -> TestRegistry {
        self.configure(|state| state.anonymous_pull = true)
    }

    /// Wants user and password in each request.
    pub fn with_basic(self, user: &str, password: &str) -> TestRegistry {
        let access = Access::Basic { user: user.to_owned(), password: password.to_owned() };
        self.configure(|state| state.access = access)
    }

    /// The user may only read: a token for pushing is refused (`denies`), or granted for reading.
    pub fn read_only(self, denies: bool) -> TestRegistry {
        self.configure(|state| (state.read_only, state.denies_push) = (true, denies))
    }

    /// The token server answers 404 to a POST.
    pub fn without_oauth(self) -> TestRegistry {
        self.configure(|state| state.oauth = false)
    }

    /// Tokens live this long.
    pub fn token_lifetime(self, seconds: u64) -> TestRegistry {
        self.configure(|state| state.expires_in = Some(seconds))
    }

    /// Challenges name this realm.
    pub fn with_realm(self, realm: &str) -> TestRegistry {
        self.configure(|state| state.realm = Some(realm.to_owned()))
    }

    /// Mounts are answered with 202.
    pub fn without_mounts(self) -> TestRegistry {
        self.configure(|state| state.mounts = false)
    }

    /// A tag that exists cannot be put again, not even with the same content (as ECR does).
    pub fn with_immutable_tags(self) -> TestRegistry {
        self.configure(|state| state.immutable_tags = true)
    }

    /// What a DELETE of a tag does.
    pub fn with_deletes(self, deletes: Deletes) -> TestRegistry {
        self.configure(|state| state.deletes = deletes)
    }

    /// At most so many tags come in one answer, with a `Link` to the next.
    pub fn with_pages(self, size: usize) -> TestRegistry {
        self.configure(|state| state.page = Some(size))
    }

    /// `127.0.0.1:PORT`
    pub fn host(&self) -> String {
        self.shared.host.clone()
    }

    /// `127.0.0.1:PORT/name`
    pub fn repository(&self, name: &str) -> String {
        format!("{}/{name}", self.shared.host)
    }

    /// Stores an image under a tag, without a request. Gives its digest.
    pub fn push_image(&self, repository: &str, tag: &str, image: &Image) -> Digest {
        let (blobs, manifests) = image.build();
        let mut state = self.shared.state();
        let repository = state.repositories.entry(repository.to_owned()).or_default();
        for blob in blobs {
            repository.blobs.insert(Digest::of(&blob).to_string(), blob);
        }
        let mut digest = Digest::of(b"");
        for (kind, bytes) in manifests {
            digest = Digest::of(&bytes);
            repository.manifests.insert(digest.to_string(), (kind, bytes));
        }
        repository.tags.insert(tag.to_owned(), digest.to_string());
        digest
    }

    /// Stores a manifest of any bytes and type under a tag.
    pub fn push_manifest(&self, repository: &str, tag: &str, kind: &str, bytes: &[u8]) -> Digest {
        let digest = Digest::of(bytes);
        let mut state = self.shared.state();
        let repository = state.repositories.entry(repository.to_owned()).or_default();
        repository.manifests.insert(digest.to_string(), (kind.to_owned(), bytes.to_vec()));
        repository.tags.insert(tag.to_owned(), digest.to_string());
        digest
    }

    /// Type and bytes of a manifest.
    pub fn manifest(&self, repository: &str, digest: &Digest) -> Option<(String, Vec<u8>)> {
        self.shared.state().repositories.get(repository)?.manifests.get(digest.as_str()).cloned()
    }

    /// Digests of a repository's manifests, then of its blobs.
    pub fn contents(&self, repository: &str) -> (Vec<String>, Vec<String>) {
        let state = self.shared.state();
        state.repositories.get(repository).map_or_else(Default::default, |repository| {
            (repository.manifests.keys().cloned().collect(), repository.blobs.keys().cloned().collect())
        })
    }

    /// Tags and the digests that they are at.
    pub fn tags(&self, repository: &str) -> BTreeMap<String, String> {
        self.shared.state().repositories.get(repository).map(|r| r.tags.clone()).unwrap_or_default()
    }

    /// Forgets a tag.
    pub fn delete_tag(&self, repository: &str, tag: &str) {
        self.shared.state().repositories.get_mut(repository).unwrap().tags.remove(tag);
    }

    /// From now on this goes wrong.
    pub fn fail(&self, fault: Fault) {
        self.shared.state().faults.push(fault);
    }

    /// Nothing goes wrong any more.
    pub fn heal(&self) {
        self.shared.state().faults.clear();
    }

    /// `METHOD PATH AUTH` of every request so far; AUTH is `none`, `basic` or `bearer`.
    pub fn requests(&self) -> Vec<String> {
        let text = |request: &Request| format!("{} {} {}", request.method, request.path, request.auth());
        self.shared.state().requests.iter().map(text).collect()
    }

    /// Every request so far, whole.
    pub fn recorded(&self) -> Vec<Request> {
        self.shared.state().requests.clone()
    }

    /// Forgets the requests.
    pub fn clear_requests(&self) {
        self.shared.state().requests.clear();
    }
}

impl Drop for TestRegistry {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
        for connection in self.shared.connections.lock().unwrap().drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.stopped.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let _ = stream.set_nodelay(true);
        if let Ok(copy) = stream.try_clone() {
            shared.connections.lock().unwrap().push(copy);
        }
        let shared = Arc::clone(shared);
        std::thread::spawn(move || serve(stream, &shared));
    }
}

fn serve(stream: TcpStream, shared: &Shared) {
    let Ok(socket) = stream.try_clone() else { return };
    match &shared.tls {
        None => serve_on(stream, &socket, shared),
        Some(config) => {
            let Ok(connection) = rustls::ServerConnection::new(Arc::clone(config)) else { return };
            serve_on(rustls::StreamOwned::new(connection, stream), &socket, shared);
        }
    }
    let _ = socket.shutdown(Shutdown::Both);
}

fn serve_on(stream: impl Read + Write, socket: &TcpStream, shared: &Shared) {
    let mut reader = BufReader::new(stream);
    let generation = shared.state().generation;
    while let Some(request) = Request::read(&mut reader) {
        let fault = {
            let mut state = shared.state();
            if state.generation != generation {
                return;
            }
            let met = state.halt.meet();
            if !matches!(met, Met::Nothing) {
                state.requests.push(request.clone());
            }
            if matches!(met, Met::OnlyEffect) {
                handler::answer(&mut state, &shared.host, &request);
            }
            if !matches!(met, Met::GoOn) {
                // No answer: whoever asked is about to be killed, or the registry to be dropped.
                drop(state);
                while !shared.stopped.load(Ordering::SeqCst) && shared.state().generation == generation {
                    std::thread::sleep(std::time::Duration::from_millis(1));
                }
                return;
            }
            state.faults.iter_mut().find_map(|f| f.strikes(&request).then(|| f.does.clone()))
        };
        let right = || handler::answer(&mut shared.state(), &shared.host, &request);
        let response = match fault {
            None => right(),
            Some(Does::Answer(response)) => response,
            Some(Does::SetHeader(name, value)) => right().header(&name, value),
            Some(Does::DropHeader(name)) => right().without(&name),
            Some(Does::Body(bytes)) => Response { body: bytes, ..right() },
            Some(Does::Unauthorized) => {
                handler::challenge(&shared.state(), &shared.host, "repository:x:pull", None)
            }
            Some(Does::Hang) => {
                while !shared.stopped.load(Ordering::SeqCst) {
                    std::thread::sleep(std::time::Duration::from_millis(10));
                }
                return;
            }
            Some(Does::Reset) => {
                let _ = socket.shutdown(Shutdown::Both);
                return;
            }
        };
        if response.write(reader.get_mut(), request.method == "HEAD").is_err() {
            return;
        }
    }
}
