//! A login, where it was found, and the forms in which it is sent.
//!
//! The files, the helpers and the token server all deal in it; it knows none of them.

use base64::Engine as _;

use super::secret::Secret;

/// What is shown to a registry or to the token server that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Login {
    /// User and password.
    Basic {
        /// Not secret on its own, but not printed either.
        user: String,
        /// The password.
        password: Secret,
    },
    /// An identity token: exchanged for a token by OAuth2.
    Identity(Secret),
    /// A token for the registry itself, sent as it is.
    Bearer(Secret),
}

impl Login {
    /// The user `<token>` says that the password is an identity token.
    pub(super) fn new(user: String, password: Secret) -> Login {
        if user == "<token>" { Login::Identity(password) } else { Login::Basic { user, password } }
    }

    /// What must not be shown of it.
    pub(super) fn secret(&self) -> &Secret {
        match self {
            Login::Basic { password: secret, .. } | Login::Identity(secret) | Login::Bearer(secret) => secret,
        }
    }
}

/// A login and where it was found, for hints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) login: Login,
    pub(super) source: String,
    /// The helper that said it, if one did.
    pub(super) helper: Option<Helper>,
}

/// The program of a credential helper, without `docker-credential-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Helper {
    /// One of this host alone, from `credHelpers`.
    Host(String),
    /// The file's `credsStore`.
    Store(String),
}

/// What a helper knows a host by: the host, and for Docker Hub the address that docker always used.
pub(super) fn helper_key(registry: &str) -> String {
    match registry {
        "docker.io" => "https://index.docker.io/v1/".to_owned(),
        host => host.to_owned(),
    }
}

/// What a server was sent, as it may come back in an answer: the header without its scheme, and the password in it.
pub(super) fn secrets(authorization: Option<&Secret>, source: Option<&Found>) -> Vec<Secret> {
    let payload = |header: &Secret| header.expose().split_once(' ').map(|(_, payload)| Secret::new(payload));
    let login = source.map(|found| found.login.secret().clone());
    authorization.and_then(payload).into_iter().chain(login).collect()
}

/// The header for a login that a registry takes as a password.
pub(super) fn basic(login: &Login) -> Option<Secret> {
    let (user, password) = match login {
        Login::Basic { user, password } => (user.as_str(), password),
        Login::Identity(token) => ("<token>", token),
        Login::Bearer(_) => return None,
    };
    Some(basic_header(user, password))
}

/// `Basic …` (RFC 7617).
pub(super) fn basic_header(user: &str, password: &Secret) -> Secret {
    let pair = format!("{user}:{}", password.expose());
    Secret::new(format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair)))
}
