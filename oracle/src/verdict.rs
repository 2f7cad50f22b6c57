//! Two commits, what imgplan says of both and what BuildKit makes of both: who was right.
//!
//! Pure.

use crate::judge::Built;
use crate::subject::Assessment;

/// What imgplan and BuildKit say of one image at one commit.
#[derive(Debug, Clone)]
pub struct Sight {
    /// imgplan.
    pub assessment: Assessment,
    /// BuildKit.
    pub built: Built,
}

/// The judgement on one image of two commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// The same hash, the same image.
    Hit,
    /// Another hash, another image.
    NewBuild,
    /// The same hash, another image: the promise is broken.
    FalseHit,
    /// Another hash, the same image: a build that nobody needed.
    FalseMiss,
    /// The second commit cannot be built, and imgplan says so.
    BothRefuse,
    /// The second commit cannot be built, and imgplan gives it a hash of its own. The build will tell.
    LeftToTheBuild,
    /// The second commit can be built, and imgplan refuses it.
    WronglyRefused,
}

impl Verdict {
    /// All of them, in the order of a report.
    pub const ALL: [Verdict; 7] = [
        Verdict::Hit,
        Verdict::NewBuild,
        Verdict::BothRefuse,
        Verdict::LeftToTheBuild,
        Verdict::FalseMiss,
        Verdict::WronglyRefused,
        Verdict::FalseHit,
    ];

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Hit => "hit",
            Verdict::NewBuild => "new build",
            Verdict::FalseHit => "FALSE HIT",
            Verdict::FalseMiss => "false miss",
            Verdict::BothRefuse => "refused by both",
            Verdict::LeftToTheBuild => "fails in the build",
            Verdict::WronglyRefused => "wrongly refused",
        }
    }
}

/// Judges the second commit by the first, which was built and has a hash.
pub fn judge(before: &Sight, after: &Sight) -> Verdict {
    let Assessment::Hash { hash: old, .. } = &before.assessment else {
        // Without a hash there is nothing to hit; only the second commit's own answer is judged.
        return match (&after.assessment, &after.built.digest) {
            (Assessment::Refused(_), Some(_)) => Verdict::WronglyRefused,
            (Assessment::Refused(_), None) => Verdict::BothRefuse,
            (Assessment::Hash { .. }, Some(_)) => Verdict::NewBuild,
            (Assessment::Hash { .. }, None) => Verdict::LeftToTheBuild,
        };
    };
    match (&after.assessment, &after.built.digest) {
        (Assessment::Refused(_), Some(_)) => Verdict::WronglyRefused,
        (Assessment::Refused(_), None) => Verdict::BothRefuse,
        (Assessment::Hash { hash, .. }, digest) => match (hash == old, *digest == before.built.digest) {
            (true, true) => Verdict::Hit,
            (true, false) => Verdict::FalseHit,
            (false, _) if digest.is_none() => Verdict::LeftToTheBuild,
            (false, true) => Verdict::FalseMiss,
            (false, false) => Verdict::NewBuild,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sight(hash: Option<&str>, digest: Option<&str>) -> Sight {
        Sight {
            assessment: match hash {
                Some(hash) => Assessment::Hash { hash: hash.to_owned(), warnings: Vec::new() },
                None => Assessment::Refused("no".to_owned()),
            },
            built: Built { digest: digest.map(str::to_owned), error: None, ran: Vec::new() },
        }
    }

    #[test]
    fn every_combination_has_its_verdict() {
        let before = sight(Some("h"), Some("d"));
        for (hash, digest, verdict) in [
            (Some("h"), Some("d"), Verdict::Hit),
            (Some("h"), Some("e"), Verdict::FalseHit),
            (Some("h"), None, Verdict::FalseHit),
            (Some("i"), Some("d"), Verdict::FalseMiss),
            (Some("i"), Some("e"), Verdict::NewBuild),
            (Some("i"), None, Verdict::LeftToTheBuild),
            (None, None, Verdict::BothRefuse),
            (None, Some("d"), Verdict::WronglyRefused),
        ] {
            assert_eq!(judge(&before, &sight(hash, digest)), verdict, "{hash:?} {digest:?}");
        }
    }
}
