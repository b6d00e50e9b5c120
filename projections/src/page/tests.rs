use super::*;

fn cursor(row: i64) -> Cursor {
    Cursor { order: "number".into(), text: String::new(), number: 0, row, position: 7 }
}

/// Rows `0..len`, as a read model would find them for `request`.
fn list(len: i64, request: &PageRequest) -> Page<i64> {
    let from = request.from("number").unwrap().map(|cursor| cursor.row);
    let limit = usize::try_from(request.limit()).unwrap();
    let found = if request.backwards() {
        (0..len).rev().filter(|row| from.is_none_or(|from| *row < from)).take(limit).collect()
    } else {
        (0..len).filter(|row| from.is_none_or(|from| *row > from)).take(limit).collect()
    };
    request.page(found, None, |row| cursor(*row))
}

fn rows(page: &Page<i64>) -> Vec<i64> {
    page.edges.iter().map(|edge| edge.node).collect()
}

#[test]
fn pages_forwards_and_backwards_are_the_whole_list() {
    let first = list(5, &PageRequest::parse(Some(2), None, None, None, 20).unwrap());
    assert_eq!((rows(&first), first.has_previous, first.has_next), (vec![0, 1], false, true));

    let after = first.edges[1].cursor.as_str();
    let rest = list(5, &PageRequest::parse(Some(3), Some(after), None, None, 20).unwrap());
    assert_eq!((rows(&rest), rest.has_previous, rest.has_next), (vec![2, 3, 4], true, false));

    let before = rest.edges[0].cursor.as_str();
    let back = list(5, &PageRequest::parse(None, None, Some(1), Some(before), 20).unwrap());
    assert_eq!((rows(&back), back.has_previous, back.has_next), (vec![1], true, true));
}

#[test]
fn a_cursor_of_another_list_is_refused() {
    let request = PageRequest::parse(None, Some(&cursor(1).encode()), None, None, 20).unwrap();
    assert_eq!(request.from("name"), Err(InvalidPage::Cursor));
    for text in ["", "x", "e30", "bm9wZQ"] {
        assert_eq!(
            PageRequest::parse(None, Some(text), None, None, 20),
            Err(InvalidPage::Cursor),
            "{text}"
        );
    }
}

#[test]
fn a_page_has_a_size_and_one_direction() {
    for size in [-1, 0, 101, i32::MAX] {
        let refused = PageRequest::parse(Some(size), None, None, None, 20);
        assert_eq!(refused, Err(InvalidPage::Size));
    }
    let both = PageRequest::parse(Some(1), None, Some(1), None, 20);
    assert_eq!(both, Err(InvalidPage::Directions));
}
