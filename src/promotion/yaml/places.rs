//! Where the keys and items of a YAML list stand, read off its lines: documents, their keys, the items below a key, and
//! the keys of an item.
//!
//! This is no parser: it knows block style, as such lists are written. Of anything else it knows less, never more than the
//! line on which something begins.

/// A position, 1-based, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// A key, where it stands, and where its value begins.
type Key = (String, At, At);

/// All documents.
#[derive(Debug, Default)]
pub(super) struct Outline {
    pub(super) documents: Vec<Document>,
}

/// One document.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) at: At,
    keys: Vec<(Key, Vec<Item>)>,
}

/// One item of a list below a key.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) at: At,
    keys: Vec<Key>,
}

impl Document {
    /// Where a key and its value stand.
    pub(super) fn key(&self, name: &str) -> Option<(At, At)> {
        self.keys.iter().find(|((key, _, _), _)| key == name).map(|((_, key, value), _)| (*key, *value))
    }

    /// The items below a key.
    pub(super) fn items(&self, name: &str) -> Option<&[Item]> {
        self.keys.iter().find(|((key, _, _), _)| key == name).map(|(_, items)| items.as_slice())
    }
}

impl Item {
    /// Where a key and its value stand.
    pub(super) fn key(&self, name: &str) -> Option<(At, At)> {
        self.keys.iter().find(|(key, _, _)| key == name).map(|(_, key, value)| (*key, *value))
    }
}

impl Outline {
    /// Reads the lines once.
    pub(super) fn of(text: &str) -> Outline {
        let mut outline = Outline::default();
        // Whether a document was begun by its marker and has nothing in it yet.
        let mut open = false;
        let mut dashes = None;
        for (index, whole) in text.lines().enumerate() {
            let line = index + 1;
            let content = whole.trim_start();
            let at = |rest: &str| At { line, column: whole.chars().count() - rest.chars().count() + 1 };
            if whole.starts_with("---")
                && whole.get(3..).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
            {
                outline.documents.push(Document { at: At { line, column: 1 }, keys: Vec::new() });
                (open, dashes) = (true, None);
                continue;
            }
            if content.is_empty() || content.starts_with('#') || !open && whole.starts_with('%') {
                continue;
            }
            if whole.starts_with("...") {
                open = false;
                continue;
            }
            if !open {
                outline.documents.push(Document { at: At { line, column: 1 }, keys: Vec::new() });
                (open, dashes) = (true, None);
            }
            if let Some(document) = outline.documents.last_mut() {
                document.line(content, at, &mut dashes);
            }
        }
        outline
    }
}

impl Document {
    /// Takes in one line; `dashes` is the column of the list's items.
    fn line(&mut self, content: &str, at: impl Fn(&str) -> At, dashes: &mut Option<usize>) {
        let here = at(content);
        let item = content.strip_prefix('-').filter(|rest| rest.is_empty() || rest.starts_with(' '));
        if let (Some(rest), Some((_, items))) = (item, self.keys.last_mut())
            && dashes.is_none_or(|column| column == here.column)
        {
            *dashes = Some(here.column);
            let rest = rest.trim_start();
            let keys = key(rest, &at).into_iter().collect();
            items.push(Item { at: if rest.is_empty() { here } else { at(rest) }, keys });
        } else if here.column == 1 && item.is_none() {
            *dashes = None;
            self.keys.extend(key(content, &at).map(|key| (key, Vec::new())));
        } else if let Some((_, items)) = self.keys.last_mut()
            && let Some(item) = items.last_mut()
            && (item.at.column == here.column || item.keys.is_empty() && item.at.column < here.column)
        {
            item.at = if item.keys.is_empty() { here } else { item.at };
            item.keys.extend(key(content, &at));
        }
    }
}

/// The key that a line begins with.
fn key(content: &str, at: impl Fn(&str) -> At) -> Option<Key> {
    let end = content.match_indices(':').map(|(end, _)| end).find(|end| {
        content.get(end + 1..).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
    })?;
    let name = content.get(..end)?.trim_end().trim_matches(['"', '\'']);
    let value = content.get(end + 1..)?.trim_start();
    let value = if value.is_empty() { content } else { value };
    Some((name.to_owned(), at(content), at(value)))
}
