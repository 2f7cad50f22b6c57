//! The images of commits for other commands, found as `imgplan resolve` finds them.

use super::subject::Subject;
use super::{answer_all, subjects};
use crate::cli::{Common, Resolve};
use crate::error::{Errors, Result};
use crate::printer::Printer;
use crate::reference::{Digest, Repository};
use crate::registry::Registry;

/// All images of some commits.
pub(in crate::commands) struct Images {
    common: Common,
    arguments: Resolve,
    subjects: Vec<Subject>,
}

impl Images {
    /// Reads the commits of the clone; no registry is asked yet.
    pub(in crate::commands) fn of(
        common: &Common,
        commits: Vec<String>,
        printer: &Printer,
    ) -> Result<Images, Errors> {
        let arguments = Resolve { commits, tag: false, pin: false, history: None, repo: None, scope: None };
        let asked = subjects::read(common, &arguments, printer)?;
        asked.errors.or(Images { common: common.clone(), arguments, subjects: asked.subjects })
    }

    /// How many images a commit has in a repository.
    pub(in crate::commands) fn count(&self, repository: &Repository, commit: &str) -> usize {
        let here = |subject: &&Subject| subject.repository == *repository && subject.asked == commit;
        self.subjects.iter().filter(here).count()
    }

    /// Forgets the others.
    pub(in crate::commands) fn retain(&mut self, wanted: impl Fn(&Repository, &str) -> bool) {
        self.subjects.retain(|subject| wanted(&subject.repository, &subject.asked));
    }

    /// Asks for each: by repository and commit, its digest.
    pub(in crate::commands) async fn find(
        &self,
        registry: &Registry,
    ) -> Vec<((Repository, String), Result<Digest>)> {
        let found = answer_all(registry, &self.common, &self.arguments, &self.subjects, false).await;
        let places = self.subjects.iter().map(|subject| (subject.repository.clone(), subject.asked.clone()));
        places.zip(found.into_iter().map(|found| found.map(|found| found.digest))).collect()
    }
}
