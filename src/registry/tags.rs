//! Listing the tags of a repository, page by page.
//!
//! OCI distribution specification, "Listing Tags", and RFC 8288 for `Link`. A list that is cut short is worse than
//! none (a caller would take what is not in it for missing), so whatever keeps the end from being reached makes the
//! whole answer unknown.

use std::collections::HashSet;

use reqwest::header::{HeaderMap, LINK};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use url::Url;

use super::client::{Client, Remote};
use super::exchange::{Request, resolve, same_origin};
use super::read::is_missing;
use super::reply::Reply;
use crate::error::Result;
use crate::lookup::Lookup;
use crate::reference::Tag;

/// Tags on one page. ECR refuses more; registries that give fewer say so by a `Link`.
const PAGE: usize = 1000;
/// The most pages of one repository.
const PAGES: usize = 1000;
/// The most tags of one repository, so that no registry can fill the memory.
const TAGS: usize = 1_000_000;
/// A registry without pages answers with all of its tags.
const CAP: usize = 16 * 1024 * 1024;

/// An answer; a field that is not there is no empty list.
#[derive(Deserialize)]
struct Page {
    /// Go writes an empty list as null.
    #[serde(deserialize_with = "Option::deserialize")]
    tags: Option<Vec<String>>,
}

impl Client {
    /// All tags of a repository, each once, in the registry's order.
    pub(super) async fn tags(&self, remote: &Remote) -> Lookup<Vec<Tag>> {
        match self.try_tags(remote).await {
            Ok(Some(tags)) => Lookup::Found(tags),
            Ok(None) => Lookup::Missing,
            Err(error) => Lookup::Unknown(error),
        }
    }

    async fn try_tags(&self, remote: &Remote) -> Result<Option<Vec<Tag>>> {
        let mut url = self.url(remote, "tags/list")?;
        url.query_pairs_mut().append_pair("n", &PAGE.to_string());
        let key = self.key(remote, false);
        let (mut tags, mut known) = (Vec::new(), HashSet::new());
        let mut asked = HashSet::from([url.clone()]);
        loop {
            let reply = self.send(&key, &Request::new(Method::GET, url.clone()).cap(CAP)).await?;
            // A repository that goes away between two pages leaves half a list, which is no answer.
            if asked.len() == 1 && is_missing(&reply, &["NAME_UNKNOWN"]) {
                return Ok(None);
            }
            if reply.status != StatusCode::OK {
                return Err(reply.refusal());
            }
            for tag in listed(&reply)? {
                if known.insert(tag.clone()) {
                    tags.push(tag);
                }
            }
            let Some(next) = next_page(&reply, &url)? else { return Ok(Some(tags)) };
            if asked.len() == PAGES || tags.len() > TAGS {
                return Err(reply.nonsense("the list of tags does not end"));
            }
            if !asked.insert(next.clone()) {
                return Err(reply
                    .nonsense("the list of tags goes round: its next page was read already")
                    .hint("the registry does not follow the distribution specification: tell its operator"));
            }
            url = next;
        }
    }
}

/// The tags of one page. Names that are no tag are left out, as in layouts: nobody can ask for them.
fn listed(reply: &Reply) -> Result<Vec<Tag>> {
    // Not serde's own message: it could quote the whole answer.
    let page: Page = serde_json::from_slice(&reply.body).map_err(|_| {
        let what = if reply.is_html() { "a web page came" } else { "something else came" };
        reply.nonsense(format!("{what} instead of a list of tags")).hint("is this the address of a registry?")
    })?;
    Ok(page.tags.into_iter().flatten().filter_map(|tag| Tag::new(tag).ok()).collect())
}

/// The next page, which must be on the host that was asked: the credentials go along.
fn next_page(reply: &Reply, asked: &Url) -> Result<Option<Url>> {
    let link = next_link(&reply.headers).map_err(|()| {
        reply.nonsense("the registry's Link header, which leads to more tags, cannot be read")
    })?;
    let Some(link) = link else { return Ok(None) };
    let next = resolve(&reply.url, &link).map_err(|trouble| trouble.into_error(&reply.method, &reply.url))?;
    if !same_origin(asked, &next) {
        let host = next.host_str().unwrap_or("another host");
        return Err(reply
            .nonsense(format!("the next page of tags is on another host ({host}), which is not followed"))
            .hint("a registry behind a proxy must know its own address: tell its operator"));
    }
    Ok(Some(next))
}

/// The target of the link whose relation is `next`. A header that cannot be read is an error: taken for none it would
/// end the list early.
fn next_link(headers: &HeaderMap) -> Result<Option<String>, ()> {
    for value in headers.get_all(LINK) {
        let mut rest = value.to_str().map_err(|_| ())?.trim();
        while !rest.is_empty() {
            let (target, behind) = rest.strip_prefix('<').and_then(|rest| rest.split_once('>')).ok_or(())?;
            let (parameters, behind) = split_unquoted(behind, ',');
            if is_next(parameters)? {
                return Ok(Some(target.to_owned()));
            }
            rest = behind.trim();
        }
    }
    Ok(None)
}

/// Whether `; rel="next"` is among a link's parameters, alone or with other relations.
fn is_next(parameters: &str) -> Result<bool, ()> {
    let mut rest = parameters;
    while !rest.is_empty() {
        let (parameter, behind) = split_unquoted(rest, ';');
        rest = behind;
        let Some((name, value)) = parameter.split_once('=') else { continue };
        if name.trim().eq_ignore_ascii_case("rel") {
            let relations = value.trim().trim_matches('"').split_whitespace();
            return Ok(relations.into_iter().any(|relation| relation.eq_ignore_ascii_case("next")));
        }
    }
    // A relation is required, so what this link is for nobody can tell.
    Err(())
}

/// The text before the first such character outside of quotes, and the text behind it.
fn split_unquoted(text: &str, at: char) -> (&str, &str) {
    let mut quoted = false;
    let found = text.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == at && !quoted
    });
    match found {
        Some((index, _)) => (&text[..index], &text[index + at.len_utf8()..]),
        None => (text, ""),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn next(values: &[&str]) -> Result<Option<String>, ()> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(LINK, value.parse().unwrap());
        }
        next_link(&headers)
    }

    #[test]
    fn the_next_link_is_found_among_others() {
        let found = Ok(Some("/v2/a/tags/list?n=2&last=a,b;c".to_owned()));
        let link = "</v2/a/tags/list?n=2&last=a,b;c>";
        for rel in ["; rel=\"next\"", ";rel=next", "; REL=\"prev Next\"", "; title=\"a, b; c\"; rel=\"next\""]
        {
            assert_eq!(next(&[&format!("{link}{rel}")]), found, "{rel}");
            assert_eq!(next(&[&format!("</first>; rel=\"first\", {link}{rel}")]), found, "{rel}");
            assert_eq!(next(&["</first>; rel=first", &format!("{link}{rel}")]), found, "{rel}");
        }
        for none in [&[][..], &[""], &["</x>; rel=\"prev\""], &["</x>; rel=nextish, </y>; rel=first"]] {
            assert_eq!(next(none), Ok(None), "{none:?}");
        }
    }

    #[test]
    fn a_link_that_cannot_be_read_is_not_the_last_page() {
        for broken in ["/v2/x; rel=\"next\"", "</v2/x", "</v2/x>", "</a>; rel=prev, x"] {
            assert_eq!(next(&[broken]), Err(()), "{broken}");
        }
    }
}
