//! When an image was made, where `max-age` asks: what is told to a builder, and what an image says that can be no age.
//!
//! Reproducible builds write a time at which nothing was made. Taken for an age it would have the image built again with
//! each run, and again with the same time. Whether an image is too old is for `decision`.

use crate::commands::session::Session;
use crate::decision::{Answers, Details, Image};
use crate::details;
use crate::error::{Kind, Result};
use crate::lookup::Lookup;
use crate::project::Assessed;

/// The time that a build is told: the commit's. It is now where a new build of the same content is wanted, or where by the
/// commit's time the image would be too old as soon as it is there: it would be built again for ever.
pub(super) fn to_tell(session: &Session, assessed: &Assessed, rebuild: bool) -> i64 {
    let (now, commit) = (session.environment.now, session.commit.time);
    let oldest = assessed.defined.image.max_age.map(|age| now.saturating_sub_unsigned(age.as_secs()));
    let too_old = oldest.is_some_and(|oldest| commit < oldest);
    if rebuild || too_old { now } else { commit }
}

/// Takes from the images that were found what can be no age of theirs. Where that cannot be told, nothing is known of them.
pub(super) fn judge(session: &Session, assessed: &Assessed, answers: &mut Answers) {
    if assessed.defined.image.max_age.is_none() {
        return;
    }
    let judged = answers.images_mut().try_for_each(|image| judge_image(session, assessed, image));
    if let Err(error) = judged {
        answers.content = Lookup::Unknown(error);
    }
}

/// The same for one image.
pub(super) fn judge_image(session: &Session, assessed: &Assessed, image: &mut Image) -> Result<()> {
    if assessed.defined.image.max_age.is_none() {
        return Ok(());
    }
    match &mut image.details {
        Some(details) => judge_details(session, details),
        None => Ok(()),
    }
}

fn judge_details(session: &Session, details: &mut Details) -> Result<()> {
    let Some(created) = details.created else { return Ok(()) };
    let built_at = match &details.revision {
        Some(revision) => time_of(session, revision)?,
        None => None,
    };
    let no_age = match built_at {
        Some(commit) => created < commit,
        None => created < session.commit.time && details::is_no_time(created),
    };
    if no_age {
        details.created = None;
    }
    Ok(())
}

/// The time of the commit that an image says it was built at; `None` where there is no such commit here.
fn time_of(session: &Session, revision: &str) -> Result<Option<i64>> {
    if session.git.lacks(revision)? {
        return Ok(None);
    }
    match session.git.commit(revision) {
        Ok(commit) => Ok(Some(commit.time)),
        // An image may name anything, a folder's id, too.
        Err(error) if error.kind() == Kind::Invalid => Ok(None),
        Err(error) => Err(error),
    }
}
