use super::*;

/// The schema that clients are told of: `cargo run --bin keyledger graphql sdl > api/schema.graphql`
/// writes it anew.
#[test]
fn the_schema_is_the_one_that_is_checked_in() {
    let checked_in = include_str!("../../schema.graphql");
    assert_eq!(sdl(), checked_in, "run `cargo xtask gen`, and read what changed");
}
