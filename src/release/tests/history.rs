//! Histories of 200 releases: every floating tag ends where the specification says, whichever order releases come in, and
//! whatever git knows of the others.

use std::collections::{BTreeMap, BTreeSet};

use super::{LINES, World, digest, rule};
use crate::reference::Digest;

/// Numbers that are the same in every run (xorshift64*).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % end
    }

    fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            things.swap(last, self.below(last + 1));
        }
    }
}

/// A generated release, in the model's own terms: no code of the module orders or names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Made {
    line: &'static str,
    version: (usize, usize, usize),
    /// A prerelease comes before the release: `0`, against `1`.
    is_final: usize,
    number: usize,
}

impl Made {
    fn git_tag(&self) -> String {
        let (major, minor, patch) = self.version;
        let pre = if self.is_final == 1 { String::new() } else { format!("-rc.{}", self.number) };
        format!("cuda-{}-v{major}.{minor}.{patch}{pre}", self.line)
    }

    /// The floating tags by the specification.
    fn floats(&self) -> Vec<String> {
        let (major, minor, _) = self.version;
        let line = self.line;
        let mut all = vec![format!("{line}-v{major}.{minor}"), format!("{line}-latest"), "latest".to_owned()];
        if major > 0 {
            all.push(format!("{line}-v{major}"));
        }
        if self.is_final == 1 { all } else { Vec::new() }
    }

    fn order(&self) -> ((usize, usize, usize), usize, usize, &str) {
        (self.version, self.is_final, self.number, self.line)
    }
}

/// 200 releases of three lines: patches of old lines, prereleases, two-digit numbers.
fn history(dice: &mut Dice) -> Vec<Made> {
    let mut all = BTreeSet::new();
    while all.len() < 200 {
        let line = ["12.8", "12.9", "13.0"][dice.below(3)];
        let version = (dice.below(4), dice.below(12), dice.below(12));
        let is_final = usize::from(dice.below(4) > 0);
        let number = if is_final == 1 { 0 } else { dice.below(12) };
        all.insert(Made { line, version, is_final, number });
    }
    all.into_iter().collect()
}

/// An image may be that of several releases: a patch without a change of inputs.
fn image_of(made: &Made) -> Digest {
    let (major, minor, patch) = made.version;
    digest(&format!("{} {major}.{minor}.{}", made.line, patch / 2))
}

fn expected<'m>(made: impl Iterator<Item = &'m Made>) -> BTreeMap<String, &'m Made> {
    let mut expected: BTreeMap<String, &Made> = BTreeMap::new();
    for made in made {
        for tag in made.floats() {
            let held = expected.entry(tag).or_insert(made);
            if made.order() > held.order() {
                *held = made;
            }
        }
    }
    expected
}

#[track_caller]
fn check(world: &World, released: &[Made], why: &str) {
    for (tag, made) in expected(released.iter()) {
        assert_eq!(world.at(&tag), Some(&image_of(made)), "{why}: {tag} should be at {}", made.git_tag());
    }
    for made in released {
        let tag = made.git_tag().replace("cuda-", "");
        assert_eq!(world.at(&tag), Some(&image_of(made)), "{why}: {tag}");
    }
}

/// What git knows while releases come out.
#[derive(Debug, Clone, Copy)]
enum Clone {
    /// All tags from the start.
    All,
    /// Those that were released.
    SoFar,
    /// The one that is released, as CI clones.
    One,
}

#[test]
fn every_floating_tag_ends_where_it_belongs_in_any_order() {
    for (seed, clone) in (1..=3).zip([Clone::All, Clone::SoFar, Clone::One]) {
        let mut dice = Dice(seed * 7919);
        let mut order = history(&mut dice);
        dice.shuffle(&mut order);
        let mut world = World::new(rule(LINES));
        if let Clone::All = clone {
            world.git = order.iter().map(Made::git_tag).collect();
        }
        for (index, made) in order.iter().enumerate() {
            match clone {
                Clone::All => {}
                Clone::SoFar => world.git.push(made.git_tag()),
                Clone::One => world.git = vec![made.git_tag()],
            }
            // Now and then a run breaks off, and the same release is run again.
            if dice.below(4) == 0 {
                let writes = dice.below(5);
                world.run(&made.git_tag(), &image_of(made), writes);
            }
            world.run(&made.git_tag(), &image_of(made), usize::MAX);
            let released = order.get(..=index).unwrap();
            if index % 10 == 0 || released.len() == order.len() {
                check(&world, released, &format!("seed {seed}, {clone:?}, after {}", made.git_tag()));
            }
            // An old release that is run again changes nothing.
            let again = released.get(dice.below(released.len())).unwrap();
            let before = world.tags.clone();
            world.run(&again.git_tag(), &image_of(again), usize::MAX);
            assert_eq!(world.tags, before, "{} was run again", again.git_tag());
        }
    }
}
