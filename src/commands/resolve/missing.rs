//! Where a commit has no image by its tags: another commit's of the same content, else an error that says what is
//! nearest, what differs and what would build it.

use std::collections::HashMap;
use std::rc::Rc;

use crate::cli::{Common, Resolve};
use crate::commands::ancestors::{Ancestors, LOOKED_AT, Tagged};
use crate::commands::inspect::{self, Question};
use crate::commands::lists::Lists;
use crate::commands::repository::Purpose;
use crate::commands::resolve::answers::{Found, Via};
use crate::commands::resolve::subject::{By, Subject};
use crate::commands::session::Session;
use crate::config::Verify;
use crate::error::{Error, Errors, Kind};
use crate::git::Commit;
use crate::lookup::Lookup;
use crate::printer::Printer;
use crate::reference::Tag;
use crate::registry::{Name, Registry};

/// Looks for images of other commits; a repository's tags are listed once, however many commits are asked for, and a
/// commit is opened once, however many images it has.
pub(super) struct Search<'a> {
    registry: &'a Registry,
    common: &'a Common,
    arguments: &'a Resolve,
    lists: &'a Lists,
    opened: HashMap<String, Rc<Session>>,
}

impl<'a> Search<'a> {
    /// Nothing is asked yet.
    pub(super) fn new(
        registry: &'a Registry,
        lists: &'a Lists,
        common: &'a Common,
        arguments: &'a Resolve,
    ) -> Search<'a> {
        Search { registry, common, arguments, lists, opened: HashMap::new() }
    }

    /// The image of another commit with the same content, or why there is none.
    pub(super) async fn find(&mut self, subject: &Subject) -> Result<Found, Error> {
        let By::Content { commit_tag, content_tag, content_hash, .. } = &subject.by else {
            return Err(self.outside(subject));
        };
        if let Some(url) = &self.arguments.repo {
            return Err(Error::new(Kind::NotFound, self.not_there(subject, commit_tag.as_ref(), content_tag))
                .hint("only that commit was fetched: in a clone with its history, earlier images of the same content are found, too")
                .hint(format!("build it in a clone of {}", crate::git::shown(url))));
        }
        let session = self.open(&subject.commit)?;
        let history = self.arguments.history.unwrap_or(session.policy.history);
        let scope = self.common.scope.as_deref();
        let ancestors = Ancestors::new(&session, self.common, scope, history);
        let mut error = Error::new(Kind::NotFound, self.not_there(subject, commit_tag.as_ref(), content_tag));
        if ancestors.looks() {
            let listed = self.lists.of(self.registry, &subject.repository).await;
            let Tagged { commits, notes } = ancestors.tagged(&listed, &subject.name);
            if listed.is_err() {
                // It may well be there: that is no "not found".
                let text = self.not_there(subject, commit_tag.as_ref(), content_tag);
                let error = Error::unavailable(format!("{text}, and other commits could not be looked at"));
                return Err(notes.into_iter().fold(error, Error::hint));
            }
            let mut nearest = None;
            let mut looked_at = 0;
            for (commit, tag) in &commits {
                let hash = ancestors.hash(commit, &subject.name).map_err(first)?;
                nearest = nearest.or(hash.map(|_| (commit, tag)));
                if looked_at < LOOKED_AT && hash.is_some_and(|hash| hash.to_string() == *content_hash) {
                    looked_at += 1;
                    let found = self.other(subject, content_hash, session.policy.verify, commit, tag).await?;
                    if let Some(found) = found {
                        return Ok(found);
                    }
                }
            }
            if let Some((commit, tag)) = nearest {
                let project = session.assess(self.common)?;
                let changed = match project.get(&subject.name) {
                    Some(now) => ancestors.changed(commit, now).map_err(first)?,
                    None => None,
                };
                let changed = changed.map(|changed| format!("; since then {changed}")).unwrap_or_default();
                error = error.hint(format!(
                    "the nearest commit with an image is {}, {}{changed}",
                    commit.short(),
                    subject.repository.tagged(tag)
                ));
            }
            error = notes.into_iter().fold(error, Error::hint);
        }
        Err(error.hint(format!("build it: {}", self.build(subject))))
    }

    fn open(&mut self, commit: &str) -> Result<Rc<Session>, Error> {
        if let Some(session) = self.opened.get(commit) {
            return Ok(Rc::clone(session));
        }
        let opened = Session::open(self.common, commit, &[], Purpose::Resolve, &Printer::silent());
        let session = Rc::new(opened.map_err(first)?);
        self.opened.insert(commit.to_owned(), Rc::clone(&session));
        Ok(session)
    }

    /// The image of a commit with the same content; `None` where it is not there any more, or says that it is another.
    async fn other(
        &self,
        subject: &Subject,
        content_hash: &str,
        verify: Verify,
        commit: &Commit,
        tag: &Tag,
    ) -> Result<Option<Found>, Error> {
        let digest = match self.registry.head(&subject.repository, Name::Tag(tag)).await {
            Lookup::Found(there) => there.digest,
            Lookup::Missing => return Ok(None),
            Lookup::Unknown(error) => return Err(error),
        };
        let question = Question { mark: true, created: true, revision: true, ..Question::default() };
        let details = match inspect::inspect(self.registry, &subject.repository, &digest, question).await {
            Lookup::Found(inspected) => inspected.details,
            Lookup::Missing => return Ok(None),
            Lookup::Unknown(error) => return Err(error),
        };
        let mut notes = Vec::new();
        match details.mark.as_deref() {
            Some(mark) if mark == content_hash => {}
            None if verify == Verify::Mark => notes.push(format!(
                "that {tag} was built from the same inputs is assumed, not proven: it has no mark"
            )),
            _ => return Ok(None),
        }
        Ok(Some(Found {
            subject: subject.clone(),
            digest,
            tag: Some(tag.clone()),
            via: Via::Other(commit.id.to_string()),
            details: Some(details),
            built: None,
            notes,
        }))
    }

    fn not_there(&self, subject: &Subject, commit_tag: Option<&Tag>, content_tag: &Tag) -> String {
        let looked: Vec<&str> = commit_tag.into_iter().chain([content_tag]).map(Tag::as_str).collect();
        let trusted = match &subject.by {
            By::Content { trusted: Some((repository, tag)), .. } => {
                format!(", nor the trusted {}", repository.tagged(tag))
            }
            _ => String::new(),
        };
        let before = match self.arguments.commits.len() {
            1 => String::new(),
            _ => format!("{}: ", subject.asked),
        };
        let looked = looked.join(" nor ");
        format!("{before}{}: there is no image {looked} in {}{trusted}", subject.name, subject.repository)
    }

    /// Nothing is known of the commit but its tag.
    fn outside(&self, subject: &Subject) -> Error {
        let tag = match &subject.by {
            By::CommitTag(tag) => tag.to_string(),
            By::CommitShape(reading) => format!("{} of this commit", reading.shown()),
            By::Content { .. } | By::Pin(_) => String::new(),
        };
        let text = format!("{}: there is no image {tag} in {}", subject.name, subject.repository);
        Error::new(Kind::NotFound, text)
            .hint(format!("commit {} is not here, so only its own tag could be looked for", subject.commit))
            .hint("in a clone that has the commit, images of the same content are found, too")
    }

    /// The command that builds it, to be copied.
    fn build(&self, subject: &Subject) -> String {
        let mut words = vec!["imgplan apply --build".to_owned()];
        let mut option = |name: &str, value: &str| words.push(format!("{name} {}", word(value)));
        if let Some(repository) = &self.common.repository {
            option("--repository", repository);
        }
        if let Some(scope) = &self.common.scope {
            option("--scope", scope);
        }
        self.common
            .images
            .iter()
            .filter(|image| **image == subject.name)
            .for_each(|image| option("--image", image));
        words.push(word(&subject.asked));
        words.join(" ")
    }
}

/// A word as a shell takes it.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@~^+=,".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

fn first(errors: Errors) -> Error {
    errors.0.into_iter().next().unwrap_or_else(|| Error::unavailable("the commit could not be read again"))
}
