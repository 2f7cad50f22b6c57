//! Go's `path/filepath` on Unix, over bytes: what a Dockerfile's patterns and paths mean.
//!
//! `COPY` sources and ignore files are defined by these functions of Go, quirks included, so they are mirrored
//! here rather than approximated by a glob library. Pure; it must not know trees, Dockerfiles or ignore files.

/// A pattern whose syntax Go refuses (`filepath.ErrBadPattern`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadPattern;

/// Go's replacement for a byte that is no UTF-8.
const RUNE_ERROR: char = char::REPLACEMENT_CHARACTER;

/// `filepath.Match`: whether the whole of `name` matches. Linear in `pattern` times `name`: a chunk behind a star
/// is placed at its first fit and never moved again.
///
/// # Errors
/// As in Go, a fault is only seen where the matching comes to it; [`check`] looks at the whole pattern.
pub fn matches(mut pattern: &[u8], mut name: &[u8]) -> Result<bool, BadPattern> {
    'pattern: while !pattern.is_empty() {
        let (star, chunk, rest) = scan_chunk(pattern);
        pattern = rest;
        if star && chunk.is_empty() {
            return Ok(!name.contains(&b'/'));
        }
        // The last chunk must use up the name, or a star could still give it more.
        let fits = |left: &[u8]| left.is_empty() || !pattern.is_empty();
        if let Some(left) = match_chunk(chunk, name)?
            && fits(left)
        {
            name = left;
            continue;
        }
        if star {
            let mut skipped = name;
            while let [first, below @ ..] = skipped
                && *first != b'/'
            {
                skipped = below;
                if let Some(left) = match_chunk(chunk, skipped)?
                    && fits(left)
                {
                    name = left;
                    continue 'pattern;
                }
            }
        }
        return Ok(false);
    }
    Ok(name.is_empty())
}

/// Whether all of a pattern is well formed, whatever it is matched with.
///
/// BuildKit matches a `COPY` pattern with many names (`path.Match` in `cache/contenthash`, which looks at the rest
/// of the pattern even where a name has failed), so a fault anywhere ends the build.
pub fn check(mut pattern: &[u8]) -> Result<(), BadPattern> {
    while !pattern.is_empty() {
        let (_, chunk, rest) = scan_chunk(pattern);
        match_chunk(chunk, b"")?;
        pattern = rest;
    }
    Ok(())
}

/// Whether a path names a pattern: `containsWildcards` of BuildKit and fsutil. A backslash protects the next byte.
pub fn has_wildcard(path: &[u8]) -> bool {
    let mut bytes = path.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'*' | b'?' | b'[' => return true,
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
    false
}

/// `filepath.Clean`: no `.`, no empty names, `..` resolved by its text alone; the empty path is `.`.
pub fn clean(path: &[u8]) -> Vec<u8> {
    let rooted = path.first() == Some(&b'/');
    let mut names: Vec<&[u8]> = Vec::new();
    for name in path.split(|byte| *byte == b'/') {
        match name {
            b"" | b"." => {}
            b".." => match names.last() {
                Some(last) if *last != b".." => {
                    names.pop();
                }
                _ if rooted => {}
                _ => names.push(name),
            },
            _ => names.push(name),
        }
    }
    let mut cleaned = if rooted { b"/".to_vec() } else { Vec::new() };
    cleaned.extend(names.join(&b'/'));
    if cleaned.is_empty() {
        cleaned.push(b'.');
    }
    cleaned
}

/// The path inside a root folder: cleaned as if it began there (`path.Join("/", path)`), without the leading slash.
/// `..` cannot leave; the root is empty.
pub fn clamp(path: &[u8]) -> Vec<u8> {
    let rooted = clean(&[b"/", path].concat());
    rooted.get(1..).unwrap_or_default().to_vec()
}

/// Whether a character class of a well-formed pattern takes a `/` (or names one), so that the pattern cannot be
/// matched folder by folder. `*` and `?` never cross a folder.
pub fn class_crosses(pattern: &[u8]) -> bool {
    let mut rest = pattern;
    loop {
        match rest {
            [] => return false,
            [b'\\', _, below @ ..] => rest = below,
            [b'[', ..] => {
                let Some(length) = class_length(rest) else { return true };
                let (class, below) = rest.split_at(length);
                if class.contains(&b'/') || matches(class, b"/") != Ok(false) {
                    return true;
                }
                rest = below;
            }
            [_, below @ ..] => rest = below,
        }
    }
}

/// How many bytes the class at the start of `pattern` takes, with its brackets.
fn class_length(pattern: &[u8]) -> Option<usize> {
    let mut rest = pattern.strip_prefix(b"[")?;
    rest = rest.strip_prefix(b"^").unwrap_or(rest);
    let mut ranges = 0;
    loop {
        if let [b']', below @ ..] = rest
            && ranges > 0
        {
            return Some(pattern.len() - below.len());
        }
        (_, _, rest) = class_range(rest).ok()?;
        ranges += 1;
    }
}

/// The next run without a star, whether a star stands before it, and the rest. A star in brackets is no star.
fn scan_chunk(pattern: &[u8]) -> (bool, &[u8], &[u8]) {
    let stars = pattern.iter().take_while(|byte| **byte == b'*').count();
    let pattern = pattern.get(stars..).unwrap_or_default();
    let mut in_class = false;
    let mut escaped = false;
    for (at, byte) in pattern.iter().enumerate() {
        if std::mem::take(&mut escaped) {
            continue;
        }
        match byte {
            b'\\' => escaped = true,
            b'[' => in_class = true,
            b']' => in_class = false,
            b'*' if !in_class => {
                let (chunk, rest) = pattern.split_at(at);
                return (stars > 0, chunk, rest);
            }
            _ => {}
        }
    }
    (stars > 0, pattern, &[])
}

/// Matches a chunk at the start of `name`; gives what is left of the name. A chunk whose match has failed is read
/// to its end all the same, for its faults.
fn match_chunk<'n>(mut chunk: &[u8], mut name: &'n [u8]) -> Result<Option<&'n [u8]>, BadPattern> {
    let mut failed = false;
    while let [first, below @ ..] = chunk {
        failed |= name.is_empty();
        match first {
            b'[' => {
                let (char, left) = decode(name);
                let (matched, rest) = match_class(below, char)?;
                chunk = rest;
                name = left;
                failed |= !matched;
                continue;
            }
            b'?' => {
                failed |= name.first() == Some(&b'/');
                name = decode(name).1;
                chunk = below;
                continue;
            }
            b'\\' => chunk = below,
            _ => {}
        }
        let [literal, below @ ..] = chunk else { return Err(BadPattern) };
        failed |= name.first() != Some(literal);
        name = name.get(1..).unwrap_or_default();
        chunk = below;
    }
    Ok((!failed).then_some(name))
}

/// Matches a class whose `[` is gone; gives what is left behind its `]`.
fn match_class(class: &[u8], char: char) -> Result<(bool, &[u8]), BadPattern> {
    let negated = class.first() == Some(&b'^');
    let mut rest = class.strip_prefix(b"^").unwrap_or(class);
    let mut matched = false;
    let mut ranges = 0;
    loop {
        if let [b']', below @ ..] = rest
            && ranges > 0
        {
            return Ok((matched != negated, below));
        }
        let (low, high, below) = class_range(rest)?;
        matched |= low <= char && char <= high;
        ranges += 1;
        rest = below;
    }
}

/// One character or range of a class.
fn class_range(class: &[u8]) -> Result<(char, char, &[u8]), BadPattern> {
    let (low, rest) = class_char(class)?;
    match rest {
        [b'-', rest @ ..] => class_char(rest).map(|(high, rest)| (low, high, rest)),
        _ => Ok((low, low, rest)),
    }
}

/// `getEsc`: one character of a class, which something must follow.
fn class_char(class: &[u8]) -> Result<(char, &[u8]), BadPattern> {
    let class = match class {
        [] | [b'-' | b']', ..] => return Err(BadPattern),
        [b'\\', below @ ..] => below,
        _ => class,
    };
    let (char, rest) = decode(class);
    let invalid = char == RUNE_ERROR && class.len() - rest.len() <= 1;
    if invalid || rest.is_empty() { Err(BadPattern) } else { Ok((char, rest)) }
}

/// `utf8.DecodeRune`: a byte that is no UTF-8 counts for itself, as U+FFFD.
pub(crate) fn decode(bytes: &[u8]) -> (char, &[u8]) {
    let (char, length) = match bstr::decode_utf8(bytes) {
        (Some(char), length) => (char, length),
        (None, length) => (RUNE_ERROR, length.min(1)),
    };
    (char, bytes.get(length..).unwrap_or_default())
}

#[cfg(test)]
mod tests;
