//! Every rule of what expires and of what stays, both ways.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::error::Place;
use crate::tags::Template;

const DAY: i64 = 24 * 60 * 60;
const NOW: i64 = 1_704_067_200;

fn digest(n: u8) -> Digest {
    Digest::of(&[n])
}

fn rule(pattern: &str, days: u64) -> Expire {
    Expire {
        place: Place::line("imgplan.toml", 3),
        tags: vec![Template::pattern(pattern, Place::file("t")).unwrap()],
        after: Duration::from_secs(days * 24 * 60 * 60),
        keep: None,
        images: Vec::new(),
    }
}

struct Case {
    tags: Vec<(&'static str, u8)>,
    /// Days ago, by digest.
    made: Vec<(u8, Option<i64>)>,
    named: Vec<(&'static str, i64)>,
    rules: Vec<Expire>,
    limits: Limits,
    protection: Protection,
}

impl Case {
    fn new(tags: &[(&'static str, u8)], made: &[(u8, i64)]) -> Case {
        let made = made.iter().map(|(n, days)| (*n, Some(*days))).collect();
        let (named, rules) = (Vec::new(), Vec::new());
        let (limits, protection) = (Limits::default(), Protection::default());
        Case { tags: tags.to_vec(), made, named, rules, limits, protection }
    }

    fn with(mut self, change: impl FnOnce(&mut Case)) -> Case {
        change(&mut self);
        self
    }

    fn judge(&self) -> Vec<Judged> {
        let tag = |text: &str| Tag::new(text).unwrap();
        let ago = |days: i64| NOW - days * DAY;
        judge(&Facts {
            tags: &self.tags.iter().map(|(name, n)| (tag(name), digest(*n))).collect(),
            created: &self.made.iter().map(|(n, days)| (digest(*n), days.map(ago))).collect(),
            named: &self.named.iter().map(|(name, days)| (tag(name), ago(*days))).collect(),
            rules: &self.rules.iter().collect::<Vec<_>>(),
            limits: &self.limits,
            protection: &self.protection,
            now: NOW,
        })
    }

    /// `tag verdict [tags beside]` of each.
    fn short(&self) -> String {
        let one = |judged: &Judged| {
            let beside: Vec<&str> = judged.beside.iter().map(Tag::as_str).collect();
            format!("{} {:?} [{}]", judged.tag, judged.verdict, beside.join(" "))
        };
        self.judge().iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

#[test]
fn a_tags_own_word_is_followed_to_the_second() {
    let case = Case::new(&[("a-2days", 1), ("b-2days", 2), ("c", 3)], &[(1, 2), (2, 1), (3, 900)]);
    assert_eq!(case.short(), "a-2days Over [], b-2days NotYet []");
}

#[test]
fn an_image_without_a_time_is_never_deleted() {
    let case = Case::new(&[("a-2days", 1), ("b-2days", 2)], &[]).with(|case| case.made.push((1, None)));
    assert_eq!(case.short(), "a-2days AgeUnknown [], b-2days AgeUnknown []");
}

#[test]
fn a_rule_is_about_what_it_names_and_the_first_one_holds() {
    let tags = [("pr-1", 1), ("pr-2", 2), ("pr-2-keep", 2), ("main", 3), ("pr-9-1weeks", 1)];
    let case = Case::new(&tags, &[(1, 10), (2, 20), (3, 99)])
        .with(|case| case.rules = vec![rule("pr-{count}", 14), rule("pr-*", 99)]);
    assert_eq!(
        case.short(),
        "pr-1 NotYet [], pr-2 Over [pr-2-keep], pr-2-keep NotYet [], pr-9-1weeks Over [pr-1]"
    );
}

/// What hangs on the same digest and stays is named; what goes, too, is not.
#[test]
fn a_digest_that_other_tags_need_is_said() {
    let all = [("a-1day", 1), ("b-1day", 1), ("abc1234", 1), ("c-1day", 2), ("d-1day", 2)];
    let case = Case::new(&all, &[(1, 5), (2, 5)]);
    assert_eq!(case.short(), "a-1day Over [abc1234], b-1day Over [abc1234], c-1day Over [], d-1day Over []");
}

#[test]
fn a_retag_is_as_old_as_the_commit_that_it_names() {
    let case = Case::new(&[("abc1234-7days", 1)], &[(1, 90)]);
    assert_eq!(case.short(), "abc1234-7days Over []");
    let case = case.with(|case| case.named.push(("abc1234-7days", 3)));
    assert_eq!(case.short(), "abc1234-7days NotYet []");
}

#[test]
fn a_releases_tags_stay_whatever_a_rule_says() {
    let tags = [
        ("1.2", 1),
        ("12.8-latest", 1),
        ("2024.04.1", 1),
        ("latest", 1),
        ("nightly", 1),
        ("py312-v2.1.0", 1),
        ("release-1", 1),
        ("v1.2.3", 1),
    ];
    let case = Case::new(&tags, &[(1, 900)]).with(|case| {
        case.rules = vec![rule("*", 1)];
        case.protection.git_tags.insert("release-1".to_owned());
        case.protection.tips.insert("nightly".to_owned(), "the branch main".to_owned());
    });
    let judged = case.judge();
    assert!(judged.iter().all(|judged| judged.verdict == Verdict::Kept), "{judged:#?}");
    // A suffix is its maker's own word.
    let case = Case::new(&[("1.2.3-1day", 1), ("v2-1day", 1)], &[(1, 900)])
        .with(|case| case.protection.git_tags.extend(["v2-1day".to_owned()]));
    assert_eq!(case.short(), "1.2.3-1day Over [v2-1day], v2-1day Kept []");
}

#[test]
fn a_content_tag_that_a_commit_needs_stays() {
    const NEEDED: &str = "content-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const OTHER: &str = "content-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    const SCOPED: &str = "pr-content-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    let case = |contents: Contents, keep: Option<u64>| {
        Case::new(&[(NEEDED, 1), (OTHER, 2), (SCOPED, 3)], &[(1, 90), (2, 90), (3, 90)])
            .with(|case| {
                case.rules = vec![rule("*", 30)];
                case.rules[0].keep = keep.map(|days| Duration::from_secs(days * 24 * 60 * 60));
                case.protection.contents = contents;
            })
            .judge()
            .iter()
            .map(|judged| judged.verdict == Verdict::Kept)
            .collect::<Vec<_>>()
    };
    let needed = |days: i64| Contents::Needed([("a".repeat(40), NOW - days * DAY)].into());
    assert_eq!(case(needed(50), None), [true, false, false]);
    assert_eq!(case(needed(50), Some(60)), [true, false, false]);
    assert_eq!(case(needed(50), Some(40)), [false, false, false], "its commits are too old");
    assert_eq!(case(Contents::Needed([("a".repeat(40), i64::MAX)].into()), Some(1)), [true, false, false]);
    assert_eq!(case(Contents::Unknown("the clone is shallow".to_owned()), None), [true; 3]);
    assert_eq!(case(Contents::NotAsked, None), [true; 3]);
}

#[test]
fn times_beyond_the_calendar_are_never_over() {
    let case = Case::new(&[("a-99999999999months", 1)], &[(1, 9000)]);
    assert_eq!(case.short(), "a-99999999999months NotYet []");
    let case = case.with(|case| case.limits = Limits(vec![Expiry::parse("3months").unwrap()]));
    assert_eq!(case.short(), "a-99999999999months Over []");
}
