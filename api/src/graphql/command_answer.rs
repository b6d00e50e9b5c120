//! Command answer: what every mutation tells besides its payload.

use async_graphql::Context;

use super::scalar::Position;

/// Tells the position of what a command brought about in `X-Position` too, so that callers of
/// HTTP find it where every command has it.
pub(super) fn announce(ctx: &Context<'_>, position: Option<store::Position>) -> Option<Position> {
    if let Some(position) = position {
        ctx.insert_http_header("x-position", position.encode());
    }
    position.map(Position)
}
