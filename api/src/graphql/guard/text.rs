//! Text: what is looked at before a document is parsed.
//!
//! The parser descends by recursion, so brackets within brackets are counted first, and a
//! document that would take it too deep never reaches it.

/// Bytes of a document.
const LONGEST: usize = 16 * 1024;
/// Brackets within brackets, of any kind; a selection's depth, its arguments and a list in them.
const DEEPEST: usize = 40;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TooMuch {
    Length,
    Nesting,
}

pub(super) fn check(document: &str) -> Result<(), TooMuch> {
    if document.len() > LONGEST {
        return Err(TooMuch::Length);
    }
    if nesting(document.as_bytes()) > DEEPEST { Err(TooMuch::Nesting) } else { Ok(()) }
}

/// The deepest nesting of brackets outside of strings and comments.
///
/// Where the text is not GraphQL the count means nothing, but the parser stops there.
fn nesting(mut text: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    while let Some((&byte, rest)) = text.split_first() {
        text = match byte {
            b'"' => after_string(rest),
            b'#' => after_line(rest),
            b'{' | b'[' | b'(' => {
                depth += 1;
                deepest = deepest.max(depth);
                rest
            }
            b'}' | b']' | b')' => {
                depth = depth.saturating_sub(1);
                rest
            }
            _ => rest,
        };
    }
    deepest
}

fn after_line(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(text.len());
    &text[end..]
}

/// What follows the string whose opening quote was just passed.
fn after_string(text: &[u8]) -> &[u8] {
    if let Some(block) = text.strip_prefix(b"\"\"") {
        return after_block(block);
    }
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        match byte {
            b'"' => return after,
            b'\\' => rest = after.get(1..).unwrap_or_default(),
            // Not a string after all: the parser will stop here, so count from here on.
            b'\n' | b'\r' => return rest,
            _ => rest = after,
        }
    }
    rest
}

fn after_block(mut text: &[u8]) -> &[u8] {
    while !text.is_empty() {
        if let Some(after) = text.strip_prefix(b"\"\"\"") {
            return after;
        }
        text = text.strip_prefix(b"\\\"\"\"").unwrap_or(&text[1..]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        assert_eq!(nesting(br#"{ a(b: "{{{[[[(((", c: """ {{ \""" {{ """) # {{{{"#), 2);
        assert_eq!(nesting(b"{ a(b: \"\\\"{{{{\") }"), 2);
        assert_eq!(nesting(b"{ a { b(c: [[1]]) { d } } }"), 5);
    }

    #[test]
    fn a_deep_document_is_refused_and_an_ordinary_one_is_not() {
        let deep = |levels| "{a".repeat(levels) + &"}".repeat(levels);
        assert_eq!(check(&deep(DEEPEST)), Ok(()));
        assert_eq!(check(&deep(DEEPEST + 1)), Err(TooMuch::Nesting));
        assert_eq!(check(&deep(5_000)), Err(TooMuch::Nesting));
        assert_eq!(check(&" ".repeat(LONGEST + 1)), Err(TooMuch::Length));
    }
}
