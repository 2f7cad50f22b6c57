//! The remote's address, and the registry that the forge behind it gives to a project.

use gix::bstr::ByteSlice;
use gix::url::Scheme;

use super::Git;
use crate::error::{Error, Result};

impl Git {
    /// The address of a remote, `insteadOf` applied and without any credentials; `None` if it has none.
    pub fn remote_url(&self, name: &str) -> Result<Option<String>> {
        let repo = self.repo();
        // Neither the cause nor the address is shown: it may hold a password.
        let wrong = || {
            Error::invalid(format!("the address of the remote {name} cannot be understood"))
                .hint(format!("`git remote get-url {name}` shows it"))
        };
        // By hand only where gix does not trust the configuration of another user's repository.
        let found = match repo.try_find_remote(name) {
            Some(remote) => remote.map_err(|_| wrong())?.url(gix::remote::Direction::Fetch).cloned(),
            None => match repo.config_snapshot().string(format!("remote.{name}.url").as_str()) {
                Some(url) => Some(gix::url::parse(url.as_bstr()).map_err(|_| wrong())?),
                None => None,
            },
        };
        Ok(found.map(|mut url| {
            url.set_password(None);
            if !matches!(url.scheme, Scheme::Ssh) {
                url.set_user(None);
            }
            url.to_bstring().to_string()
        }))
    }
}

/// The repository in the registry of github.com or gitlab.com that belongs to the project at `url`, in lower
/// case as registries want it; `None` for any other host.
pub fn forge_repository(url: &str) -> Option<String> {
    // A guess by the address: one that cannot be read names no forge, and then nothing is guessed.
    let url = gix::url::parse(url).ok()?;
    let (registry, depth) = match url.host()?.to_ascii_lowercase().as_str() {
        "github.com" | "www.github.com" | "ssh.github.com" => ("ghcr.io", 2..=2),
        "gitlab.com" | "altssh.gitlab.com" => ("registry.gitlab.com", 2..=usize::MAX),
        _ => return None,
    };
    let path = url.path.to_str().ok()?.to_ascii_lowercase();
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let parts: Vec<&str> = path.split('/').collect();
    let plain = |part: &&str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    (depth.contains(&parts.len()) && parts.iter().all(plain)).then(|| format!("{registry}/{path}"))
}

/// What kind of forge a project is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forge {
    /// GitHub
    GitHub,
    /// GitLab
    GitLab,
}

/// The kind of forge at `url`, as far as its name tells, for instances of an organisation's own, too.
pub fn forge(url: &str) -> Option<Forge> {
    // As above: no guess from what cannot be read.
    let url = gix::url::parse(url).ok()?;
    let host = url.host()?.to_ascii_lowercase();
    let label = |word: &str| host.split('.').any(|label| label.starts_with(word) || label.ends_with(word));
    // Renku's GitLab is a folder of the site.
    let below = url.path.trim_start_with(|c| c == '/').starts_with(b"gitlab/");
    match (label("github"), label("gitlab") || below || host == "altssh.gitlab.com") {
        (true, _) => Some(Forge::GitHub),
        (_, true) => Some(Forge::GitLab),
        _ => None,
    }
}

/// Who owns the project at `url`: the first part of its path, in lower case. A path on a disk has no owner.
pub fn owner(url: &str) -> Option<String> {
    // As above: no guess from what cannot be read.
    let url = gix::url::parse(url).ok().filter(|url| url.scheme != Scheme::File)?;
    let path = url.path.to_str().ok()?.to_ascii_lowercase();
    let (owner, _) = path.trim_start_matches('/').split_once('/')?;
    Some(owner.to_owned()).filter(|owner| !owner.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{Forge, forge, forge_repository, owner};

    #[test]
    fn forges_and_owners_are_told_by_the_address() {
        for (url, expected) in [
            ("git@github.com:Acme/Shop.git", Some(Forge::GitHub)),
            ("https://gitlab.com/Acme/shop", Some(Forge::GitLab)),
            ("https://gitlab.example.org/Acme/shop", Some(Forge::GitLab)),
            ("https://renkulab.io/gitlab/acme/shop", Some(Forge::GitLab)),
            ("https://example.org/Acme/shop", None),
        ] {
            assert_eq!(forge(url), expected, "{url}");
            assert!(owner(url).is_some_and(|owner| owner == "acme" || owner == "gitlab"), "{url}");
        }
        assert_eq!(forge("/srv/github.com/shop"), None);
        assert_eq!(owner("/srv/git/shop"), None);
        assert_eq!(owner("https://example.org/shop"), None);
    }

    #[test]
    fn the_forges_registry_is_found_from_every_form_of_address() {
        for url in [
            "git@github.com:Acme/Shop.git",
            "https://github.com/Acme/Shop",
            "https://user:secret@github.com/Acme/Shop.git/",
            "ssh://git@github.com:22/Acme/Shop.git",
            "ssh://git@ssh.github.com:443/Acme/Shop.git",
            "git://GitHub.com/Acme/Shop.git",
        ] {
            assert_eq!(forge_repository(url).as_deref(), Some("ghcr.io/acme/shop"), "{url}");
        }
        assert_eq!(
            forge_repository("git@gitlab.com:Group/Sub/Project.git").as_deref(),
            Some("registry.gitlab.com/group/sub/project")
        );
    }

    #[test]
    fn other_addresses_have_no_registry() {
        for url in [
            "https://example.org/acme/shop.git",
            "https://github.com.example.org/acme/shop",
            "https://github.com/acme",
            "https://github.com/acme/shop/extra",
            "https://github.com/acme/../shop",
            "https://gitlab.com/acme",
            "/srv/git/shop.git",
            "../shop",
            "",
            "github.com:a b/c",
        ] {
            assert_eq!(forge_repository(url), None, "{url}");
        }
    }
}
