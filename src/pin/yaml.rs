//! YAML with the places of its values: events of a parser that knows positions, and the tree that they make.
//!
//! Nothing is resolved: an alias stays an alias, a merge key a key. It must not know which keys name images.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use saphyr_parser::{Event, ScalarStyle, ScanError, Span};

use super::events::{self, Events};
use super::{Field, MARK, Style};

/// Deeper nests are refused: nobody writes them, and another parser has to read them, too.
const DEEPEST: usize = 100;

/// More mappings merged into one are not looked at: nobody writes them, and a chain of them is as deep as it is long.
const MERGES: usize = 1000;

/// Why a text is no YAML, and where.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) message: String,
}

/// A node's place in its stream.
pub(super) type NodeId = usize;

/// One node.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: NodeKind,
    /// Of the event that it begins with.
    pub(super) event: usize,
}

/// What a node is.
#[derive(Debug)]
pub(super) enum NodeKind {
    Scalar,
    Sequence(Vec<NodeId>),
    Mapping(Vec<(NodeId, NodeId)>),
    /// Of this node, if its anchor is known.
    Alias(Option<NodeId>),
}

/// All documents of a text.
pub(super) struct Stream<'t> {
    /// What was parsed; behind a byte order mark, if there is one.
    text: &'t str,
    mark: usize,
    events: Vec<(Event<'t>, Span)>,
    /// The byte at which each character begins, and the end.
    bytes: Vec<usize>,
    pub(super) nodes: Vec<Node>,
    /// The top of each document.
    pub(super) roots: Vec<NodeId>,
}

/// Parses all documents.
pub(super) fn parse(whole: &str) -> Result<Stream<'_>, Wrong> {
    let text = whole.strip_prefix(MARK).unwrap_or(whole);
    let mark = whole.len() - text.len();
    let Events { events, bytes } = events::parse(text, DEEPEST).map_err(|error| wrong(&error))?;
    let mut stream = Stream { text, mark, events, bytes, nodes: Vec::new(), roots: Vec::new() };
    stream.build()?;
    Ok(stream)
}

fn wrong(error: &ScanError) -> Wrong {
    let at = error.marker();
    Wrong { line: at.line(), column: at.col() + 1, message: error.info().to_owned() }
}

/// A sequence or mapping that is not closed yet.
struct Open {
    node: NodeId,
    children: Vec<NodeId>,
}

impl<'t> Stream<'t> {
    fn build(&mut self) -> Result<(), Wrong> {
        let mut open: Vec<Open> = Vec::new();
        let mut anchors: HashMap<usize, NodeId> = HashMap::new();
        for (index, (event, span)) in self.events.iter().enumerate() {
            let node = self.nodes.len();
            let (kind, anchor) = match event {
                Event::Scalar(_, _, anchor, _) => (NodeKind::Scalar, *anchor),
                Event::Alias(anchor) => (NodeKind::Alias(anchors.get(anchor).copied()), 0),
                Event::SequenceStart(anchor, _) => (NodeKind::Sequence(Vec::new()), *anchor),
                Event::MappingStart(anchor, _) => (NodeKind::Mapping(Vec::new()), *anchor),
                Event::SequenceEnd | Event::MappingEnd => {
                    if let Some(Open { node, children }) = open.pop()
                        && let Some(node) = self.nodes.get_mut(node)
                    {
                        match &mut node.kind {
                            NodeKind::Sequence(items) => *items = children,
                            NodeKind::Mapping(entries) => *entries = pairs(&children),
                            NodeKind::Scalar | NodeKind::Alias(_) => {}
                        }
                    }
                    continue;
                }
                _ => continue,
            };
            if anchor != 0 {
                anchors.insert(anchor, node);
            }
            match open.last_mut() {
                Some(parent) => parent.children.push(node),
                None => self.roots.push(node),
            }
            if matches!(kind, NodeKind::Sequence(_) | NodeKind::Mapping(_)) {
                open.push(Open { node, children: Vec::new() });
            }
            self.nodes.push(Node { kind, event: index });
            if open.len() > DEEPEST {
                return Err(Wrong {
                    line: span.start.line(),
                    column: span.start.col() + 1,
                    message: format!("more than {DEEPEST} levels inside one another"),
                });
            }
        }
        Ok(())
    }

    /// The events without their places.
    pub(super) fn events(&self) -> impl ExactSizeIterator<Item = &Event<'t>> {
        self.events.iter().map(|(event, _)| event)
    }

    /// What stands at a place, aliases followed.
    pub(super) fn target(&self, node: NodeId) -> NodeId {
        match self.nodes.get(node).map(|node| &node.kind) {
            // An alias is behind its anchor, which is no alias.
            Some(NodeKind::Alias(Some(target))) => *target,
            _ => node,
        }
    }

    /// The text of a scalar, aliases followed.
    pub(super) fn text(&self, node: NodeId) -> Option<&str> {
        let node = self.nodes.get(self.target(node))?;
        match self.events.get(node.event) {
            Some((Event::Scalar(text, ..), _)) => Some(text),
            _ => None,
        }
    }

    /// The entries of a mapping, aliases followed.
    pub(super) fn entries(&self, node: NodeId) -> &[(NodeId, NodeId)] {
        match self.nodes.get(self.target(node)).map(|node| &node.kind) {
            Some(NodeKind::Mapping(entries)) => entries,
            _ => &[],
        }
    }

    /// The items of a sequence, aliases followed.
    pub(super) fn items(&self, node: NodeId) -> &[NodeId] {
        match self.nodes.get(self.target(node)).map(|node| &node.kind) {
            Some(NodeKind::Sequence(items)) => items,
            _ => &[],
        }
    }

    /// The value of a mapping's key, and the key's node; merge keys (`<<`) followed, the mapping's own keys first.
    pub(super) fn field(&self, node: NodeId, key: &str) -> Option<(NodeId, NodeId)> {
        self.field_within(node, key, &mut HashSet::new())
    }

    /// `without`: the mappings that were looked at and do not have it, so that many merges of one are one look.
    fn field_within(
        &self,
        node: NodeId,
        key: &str,
        without: &mut HashSet<NodeId>,
    ) -> Option<(NodeId, NodeId)> {
        if without.len() > MERGES || !without.insert(self.target(node)) {
            return None;
        }
        let entries = self.entries(node);
        let own = entries.iter().find(|(name, _)| self.text(*name) == Some(key));
        if let Some((name, value)) = own {
            return Some((*value, *name));
        }
        entries.iter().filter(|(name, _)| self.text(*name) == Some("<<")).find_map(|(_, merged)| {
            let items = self.items(*merged);
            let several = if items.is_empty() { std::slice::from_ref(merged) } else { items };
            several.iter().find_map(|merged| self.field_within(*merged, key, without))
        })
    }

    /// The byte of the whole text at which a node begins.
    pub(super) fn offset(&self, node: NodeId) -> usize {
        let span = self.nodes.get(node).and_then(|node| self.events.get(node.event)).map(|(_, span)| span);
        self.mark + span.map_or(0, |span| self.byte(span.start.index()))
    }

    fn byte(&self, index: usize) -> usize {
        self.bytes.get(index).copied().unwrap_or(self.text.len())
    }

    /// A scalar as a field that can be replaced, aliases followed. `key`: the node of the key that it belongs to.
    pub(super) fn scalar(&self, node: NodeId, key: NodeId) -> Option<Field> {
        let node = self.nodes.get(self.target(node))?;
        let (Event::Scalar(value, style, anchor, tag), span) = self.events.get(node.event)? else {
            return None;
        };
        let start = self.byte(span.start.index());
        let start = if *anchor != 0 || tag.is_some() { self.behind_properties(start) } else { start };
        let (range, style) = self.written(value, *style, start).unwrap_or_else(|why| {
            let nothing = value.is_empty() || value == "~";
            let behind = self.behind(key).filter(|_| nothing && *style == ScalarStyle::Plain);
            behind.map_or((start..start, Style::Fixed(why)), |at| (at..at, Style::Nothing))
        });
        let range = range.start + self.mark..range.end + self.mark;
        Some(Field { range, value: value.to_string(), style, event: node.event })
    }

    /// Where a value begins that has an anchor (`&name`) or a tag (`!!str`) before it.
    fn behind_properties(&self, start: usize) -> usize {
        let mut rest = self.text.get(start..).unwrap_or_default();
        while rest.starts_with(['&', '!']) {
            rest = rest.trim_start_matches(|c: char| !c.is_whitespace()).trim_start_matches([' ', '\t']);
        }
        self.text.len() - rest.len()
    }

    /// The bytes of a scalar that is written in one piece, without escapes.
    fn written(
        &self,
        value: &str,
        style: ScalarStyle,
        start: usize,
    ) -> Result<(Range<usize>, Style), &'static str> {
        let (text, style) = match style {
            ScalarStyle::Plain if value.is_empty() => return Err("nothing stands at its place"),
            ScalarStyle::Plain => (value.to_owned(), Style::Plain),
            ScalarStyle::SingleQuoted => (format!("'{value}'"), Style::Single),
            ScalarStyle::DoubleQuoted => (format!("\"{value}\""), Style::Double),
            ScalarStyle::Literal | ScalarStyle::Folded => return Err("it is a block of text"),
        };
        match self.text.get(start..) {
            Some(rest) if rest.starts_with(&text) => Ok((start..start + text.len(), style)),
            _ => Err("it is written with escapes, or over several lines"),
        }
    }

    /// The byte behind a key's colon, where nothing but a line end or a comment follows.
    fn behind(&self, key: NodeId) -> Option<usize> {
        let key = self.scalar(key, key)?;
        let colon = key.range.end - self.mark;
        let rest = self.text.get(colon..)?.strip_prefix(':')?;
        let line = rest.split(['\n', '\r']).next().unwrap_or_default();
        let empty = line.trim_start_matches([' ', '\t']);
        (empty.is_empty() || empty.len() < line.len() && empty.starts_with('#')).then_some(colon + 1)
    }
}

fn pairs(children: &[NodeId]) -> Vec<(NodeId, NodeId)> {
    children.chunks_exact(2).filter_map(|pair| Some((*pair.first()?, *pair.get(1)?))).collect()
}
