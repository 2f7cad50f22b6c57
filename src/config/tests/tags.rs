//! `[tags]`: templates that stand twice, or where they cannot stand, and patterns.

use super::problems::table;
use crate::config::default_policy;
use crate::tags::class::{Beside, Class};

#[test]
fn problems_of_templates_are_told() {
    table(&[
        (
            "tags.write-once = ['a-{count}', '{sha:7}', 'a-{count}']",
            "1:33: tags.write-once[1]: the same template as `tags.commit` (leave one of them out)\n\
             1:44: tags.write-once[2]: the same template as `tags.write-once` (leave one of them out)",
        ),
        (
            "tags = { write-once = ['x'], floating = ['x', 'y', 'y'] }",
            "1:42: tags.floating[0]: the same template as `tags.write-once` (the one is written once, a floating tag \
             moves; change one of them)\n\
             1:52: tags.floating[2]: the same template as `tags.floating` (leave one of them out)",
        ),
        (
            "tags.floating = ['{major}', '{count}']",
            "1:18: tags.floating[0]: this tag would go back to an old line with its next patch (tags of versions are for \
             `imgplan release`, which knows the other versions)\n\
             1:29: tags.floating[1]: this is another tag at every build, so that none would move (put it into \
             `tags.write-once`)",
        ),
        (
            "tags.write-once = ['{build_date:%Y:%m}']",
            "1:35: tags.write-once[0]: `{build_date}` ':' cannot stand in a tag",
        ),
        (
            "tags.classes = { floating = ['a*', 'a/*'], expiring = ['-*'] }",
            "1:38: tags.classes.floating[1]: '/' cannot stand in a tag\n\
             1:57: tags.classes.expiring[0]: a tag cannot start with '-'",
        ),
    ]);
}

/// The constants are right, and they say what is documented.
#[test]
fn without_a_file_there_is_a_commit_tag_and_a_class_for_every_tag() {
    let policy = default_policy();
    assert_eq!(policy.commit_tag.as_ref().map(|template| template.text.as_str()), Some("{sha:7}"));
    assert_eq!(policy.classes.floating.len(), 6);
    let beside = Beside { scope: None, branches: &["main"] };
    assert_eq!(policy.classes.of("main", &beside), Class::Floating);
    assert_eq!(policy.classes.of("abc1234", &beside), Class::WriteOnce);
}
