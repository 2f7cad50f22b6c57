//! The figures of a run, as a table that is read and kept.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::verdict::Verdict;
use crate::world::{Origin, World};

/// A needless build, with what helps to judge it.
pub struct Miss {
    /// The project's number.
    pub world: u64,
    /// The image's name.
    pub image: String,
    /// The kind of mutation.
    pub kind: &'static str,
    /// The mutation.
    pub detail: String,
    /// Lines of the hash's preimage that differ, behind a `-` or a `+`.
    pub differing: Vec<String>,
    /// Steps that BuildKit itself ran again: then something that is read did change, and nothing of it came out.
    pub ran: Vec<String>,
    /// The plan's warnings, which say where imgplan widened.
    pub warnings: Vec<String>,
}

impl Miss {
    /// Why imgplan asked for a build.
    pub fn cause(&self) -> &'static str {
        let widened = |text: &str| self.warnings.iter().any(|warning| warning.contains(text));
        let records: BTreeSet<&str> =
            self.differing.iter().filter_map(|line| line.get(1..)?.split(':').next()).collect();
        let only = |names: &[&str]| !records.is_empty() && records.iter().all(|name| names.contains(name));
        if !self.ran.is_empty() {
            "read, but not in the image: BuildKit's own cache builds again, too"
        } else if widened("whole context counts") {
            "widened to the whole context"
        } else if records.contains("dockerfile") {
            "widened to the whole Dockerfile, which git may rewrite"
        } else if widened("any value") || widened("platforms") {
            "widened over platforms"
        } else if records.contains("platforms") {
            "the platform that the builder has anyway was named, or no more"
        } else if only(&["from", "source"]) {
            "a parent counts anew"
        } else if only(&["file"]) {
            "entries of other kinds or attributes, which come out alike"
        } else if only(&["instruction", "global args"]) {
            match self.assigns() {
                true => "an ARG or ENV of another text with the same value",
                false => "an instruction of another text with the same result",
            }
        } else if records.is_empty() {
            "the order of records"
        } else {
            "other"
        }
    }

    /// Whether all instructions that differ only assign.
    fn assigns(&self) -> bool {
        let mut texts = self.differing.iter().filter_map(|line| line.split_once("\"").map(|(_, text)| text));
        texts.all(|text| text.starts_with("ARG ") || text.starts_with("ENV "))
    }
}

/// All of a run.
pub struct Report {
    /// The run's seed.
    pub seed: u64,
    /// How long it took, with the second looks.
    pub seconds: u64,
    /// Failing cases that were written.
    pub kept: usize,
    projects: usize,
    not_built: BTreeMap<String, usize>,
    /// Mutants by kind and verdict.
    table: BTreeMap<&'static str, BTreeMap<Verdict, usize>>,
    /// The needless builds, an entry for each image.
    pub misses: Vec<Miss>,
}

impl Report {
    /// Counts.
    pub fn new(seed: u64, worlds: &[World]) -> Report {
        let mut report = Report {
            seed,
            seconds: 0,
            kept: 0,
            projects: worlds.len(),
            not_built: BTreeMap::new(),
            table: BTreeMap::new(),
            misses: Vec::new(),
        };
        for world in worlds {
            if let Origin::NotBuilt(error) = &world.origin {
                // Up to the first thing that is a name of this one project.
                let kind: String =
                    error.split(['"', '/', '\'']).next().unwrap_or_default().chars().take(100).collect();
                *report.not_built.entry(kind).or_default() += 1;
            }
            for mutant in &world.mutants {
                *report.table.entry(mutant.kind).or_default().entry(mutant.worst()).or_default() += 1;
            }
        }
        report
    }

    /// Mutants with that worst verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.table.values().filter_map(|row| row.get(&verdict)).sum()
    }

    /// All mutants.
    pub fn mutants(&self) -> usize {
        self.table.values().flat_map(BTreeMap::values).sum()
    }

    /// Whether nothing happened that must not happen, and at most 2 in 100 mutations ask for a build that nobody needs.
    /// A short run has too few for that figure: it may have twice as many.
    pub fn holds(&self) -> bool {
        let bound = if self.mutants() >= 5000 { 2 } else { 4 };
        self.count(Verdict::FalseHit) == 0
            && self.count(Verdict::WronglyRefused) == 0
            && self.count(Verdict::FalseMiss) * 100 <= bound * self.mutants()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed: usize = self.not_built.values().sum();
        writeln!(
            f,
            "seed {}: {} mutations of {} projects in {} s",
            self.seed,
            self.mutants(),
            self.projects,
            self.seconds
        )?;
        writeln!(
            f,
            "{failed} projects were not looked at, because BuildKit does not build them as generated"
        )?;
        for (error, count) in &self.not_built {
            writeln!(f, "  {count:>5}  {error}")?;
        }
        writeln!(f)?;
        write!(f, "| mutation |")?;
        for verdict in Verdict::ALL {
            write!(f, " {} |", verdict.name())?;
        }
        writeln!(f, "\n|---|{}", "---:|".repeat(Verdict::ALL.len()))?;
        for (kind, row) in &self.table {
            write!(f, "| {kind} |")?;
            for verdict in Verdict::ALL {
                write!(f, " {} |", row.get(&verdict).copied().unwrap_or_default())?;
            }
            writeln!(f)?;
        }
        write!(f, "| **all** |")?;
        for verdict in Verdict::ALL {
            write!(f, " **{}** |", self.count(verdict))?;
        }
        writeln!(f, "\n")?;
        let all = self.mutants().max(1) as f64;
        let misses = self.count(Verdict::FalseMiss) as f64;
        let alike = (self.count(Verdict::Hit) as f64 + misses).max(1.0);
        writeln!(
            f,
            "false misses: {:.2} % of all mutations, {:.2} % of those that leave the images alike",
            100.0 * misses / all,
            100.0 * misses / alike
        )?;
        let mut causes: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
        for miss in &self.misses {
            *causes.entry(miss.cause()).or_default().entry(miss.kind).or_default() += 1;
        }
        writeln!(f, "by cause, for each image:")?;
        for (cause, kinds) in causes {
            writeln!(f, "  {:>5}  {cause}", kinds.values().sum::<usize>())?;
            let mut kinds: Vec<_> =
                kinds.into_iter().map(|(kind, count)| format!("{kind} {count}")).collect();
            kinds.sort();
            writeln!(f, "         {}", kinds.join(", "))?;
        }
        Ok(())
    }
}
