//! Where snapshots are shown to imgplan and to BuildKit: a repository, a subject and a judge.

use anyhow::{Context as _, Result};

use crate::judge::{Judge, Mode};
use crate::repository::Repository;
use crate::snapshot::Snapshot;
use crate::subject::{Assessment, Subject};
use crate::verdict::Sight;

/// One worker's bench. The judge and the subject are shared.
pub struct Bench<'a> {
    /// BuildKit.
    pub judge: Option<&'a Judge>,
    /// imgplan.
    pub subject: &'a Subject,
    /// Where the snapshots are commits.
    pub repository: Repository,
}

impl<'a> Bench<'a> {
    /// With a fresh repository.
    pub fn new(judge: Option<&'a Judge>, subject: &'a Subject) -> Result<Bench<'a>> {
        Ok(Bench { judge, subject, repository: Repository::new()? })
    }

    /// What both say of each snapshot's images, in the order of [`Snapshot::images`].
    pub fn see(&mut self, snapshots: &[&Snapshot], mode: Mode) -> Result<Vec<Vec<Sight>>> {
        let commits = self.repository.commit(snapshots)?;
        let mut all = Vec::new();
        for (commit, snapshot) in commits.iter().zip(snapshots) {
            let names: Vec<&str> = snapshot.images.iter().map(|image| image.name.as_str()).collect();
            let assessed = self.subject.assess(&self.repository.git_directory(), commit, &names)?;
            let judge = self.judge.context("BuildKit is not at this bench")?;
            let built = match judge.known(snapshot, mode) {
                Some(built) => built,
                None => {
                    let checkout = self.repository.checkout(commit, snapshot)?;
                    judge.ask(checkout.path(), snapshot, mode)?
                }
            };
            let mut sights = Vec::new();
            for name in names {
                let assessment = assessed.get(name).cloned().context("imgplan was not asked for an image")?;
                let built = built.get(name).cloned().context("the judge did not answer for an image")?;
                sights.push(Sight { assessment, built });
            }
            all.push(sights);
        }
        Ok(all)
    }

    /// What imgplan says of each snapshot's images, without a build.
    pub fn assess(&mut self, snapshots: &[&Snapshot]) -> Result<Vec<Vec<Assessment>>> {
        let commits = self.repository.commit(snapshots)?;
        let mut all = Vec::new();
        for (commit, snapshot) in commits.iter().zip(snapshots) {
            let names: Vec<&str> = snapshot.images.iter().map(|image| image.name.as_str()).collect();
            let mut assessed = self.subject.assess(&self.repository.git_directory(), commit, &names)?;
            all.push(names.iter().filter_map(|name| assessed.remove(*name)).collect());
        }
        Ok(all)
    }

    /// Lines of the hash's preimage that one of the two snapshots has alone, behind a `-` or a `+`.
    pub fn differing(&mut self, pair: (&Snapshot, &Snapshot), image: &str) -> Result<Vec<String>> {
        let commits = self.repository.commit(&[pair.0, pair.1])?;
        let git = self.repository.git_directory();
        let before = self.subject.preimage(&git, &commits[0], image)?;
        let after = self.subject.preimage(&git, &commits[1], image)?;
        let only = |sign, these: &[String], those: &[String]| -> Vec<String> {
            these.iter().filter(|line| !those.contains(line)).map(|line| format!("{sign}{line}")).collect()
        };
        Ok([only('-', &before, &after), only('+', &after, &before)].concat())
    }
}
