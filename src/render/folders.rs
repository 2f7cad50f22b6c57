//! Long lists of paths, with whole folders in one line where all in them is alike.

use std::ops::Range;

/// Neighbours of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    /// Which they are.
    pub(super) range: Range<usize>,
    /// The folder that stands for all of them, with a slash at its end (`./` for the root); none for a single path.
    pub(super) folder: Option<String>,
}

/// From how many alike one line stands for them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Least {
    /// In a folder that holds nothing else, folders below it included.
    pub(super) whole: usize,
    /// In a row, in a folder that holds other things, too.
    pub(super) row: usize,
}

/// Puts a sorted list together; the keys say what is alike. A folder stands only for what is all of it in this list.
pub(super) fn groups<K: PartialEq>(items: &[(&str, K)], least: Least) -> Vec<Group> {
    let mut alike = vec![items.len(); items.len()];
    for at in (1..items.len()).rev() {
        alike[at - 1] = if items[at - 1].1 == items[at].1 { alike[at] } else { at };
    }
    let mut groups = Vec::new();
    let mut at = 0;
    while at < items.len() {
        let path = items[at].0;
        let whole = path.match_indices('/').find_map(|(slash, _)| {
            let folder = &path[..=slash];
            let begins = at == 0 || !items[at - 1].0.starts_with(folder);
            let count = items[at..].partition_point(|(path, _)| path.starts_with(folder));
            (begins && count >= least.whole && alike[at] >= at + count).then_some((folder, count))
        });
        let (folder, count) = match whole {
            Some((folder, count)) => (Some(folder), count),
            None => row(items, at, alike[at], least.row),
        };
        let folder = folder.map(|folder| if folder.is_empty() { "./".to_owned() } else { folder.to_owned() });
        groups.push(Group { range: at..at + count, folder });
        at += count;
    }
    groups
}

/// Files in a row that stand in one folder, if there are many; else the first.
fn row<'p, K>(items: &[(&'p str, K)], at: usize, end: usize, least: usize) -> (Option<&'p str>, usize) {
    let path = items[at].0;
    let folder = path.rfind('/').map_or("", |slash| &path[..=slash]);
    let beside = |path: &str| path.strip_prefix(folder).is_some_and(|name| !name.contains('/'));
    let count = items[at..end].iter().take_while(|(path, _)| beside(path)).count();
    if count >= least.max(2) { (Some(folder), count) } else { (None, 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(items: &[(&str, u8)], whole: usize, row: usize) -> Vec<String> {
        let groups = groups(items, Least { whole, row });
        let groups = groups.into_iter().map(|Group { range, folder }| match folder {
            Some(folder) => format!("{folder} {}", range.len()),
            None => items[range.start].0.to_owned(),
        });
        groups.collect()
    }

    #[test]
    fn folders_stand_for_what_is_alike_in_them() {
        let items = [
            ("a", 1),
            ("data/x", 2),
            ("data/y/z", 2),
            ("src/a", 1),
            ("src/b", 2),
            ("src/lib/c", 1),
            ("src/lib/d", 1),
            ("z", 1),
        ];
        assert_eq!(
            show(&items, 1, 20),
            ["a", "data/ 2", "src/a", "src/b", "src/lib/ 2", "z"],
            "a folder of which all is alike"
        );
        assert_eq!(show(&items, 3, 20).len(), items.len(), "none is large enough");
        let alike: Vec<_> = items.map(|(path, _)| (path, 1)).to_vec();
        assert_eq!(show(&alike, 2, 20), ["a", "data/ 2", "src/ 4", "z"]);
    }

    #[test]
    fn many_in_a_row_are_counted_too() {
        let items = [("a", 1), ("b", 1), ("c", 1), ("d/e", 1), ("f", 2)];
        assert_eq!(show(&items, 9, 3), ["./ 3", "d/e", "f"]);
        let items = [("d/a", 1), ("d/b", 1), ("d/c", 2)];
        assert_eq!(show(&items, 2, 2), ["d/ 2", "d/c"]);
        assert_eq!(show(&[], 1, 1), [""; 0]);
    }
}
