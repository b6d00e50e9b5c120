//! The subscription to a pairing: its generator learns that the device has its token.

use async_graphql::{Context, ID, Subscription};
use domain::{
    pairing::{Event, Outcome, Pairing, PairingId},
    role::Permission,
};
use futures::{Stream, StreamExt, stream};
use store::AsOf;

use super::PairingCode;
use crate::{
    app::App,
    error::Error,
    graphql::{
        ask::{Ask, OrGraphql},
        error,
        feed::{Feed, News},
    },
    live::Message,
};

#[derive(Default)]
pub(crate) struct PairingSubscription;

#[Subscription]
impl PairingSubscription {
    /// The pairing once its token exists, at once where it does already; then it is complete.
    async fn pairing_code_exchanged(
        &self,
        ctx: &Context<'_>,
        pairing_code_id: ID,
    ) -> async_graphql::Result<impl Stream<Item = async_graphql::Result<PairingCode>> + use<>> {
        exchanged(ctx, &pairing_code_id).await.or_graphql()
    }
}

async fn exchanged(
    ctx: &Context<'_>,
    id: &ID,
) -> Result<impl Stream<Item = async_graphql::Result<PairingCode>> + use<>, Error> {
    let id = PairingId::from_public(id).map_err(error::not_found)?;
    let workspace = id.by.workspace.public().into();
    let feed = Feed::open(ctx, Some(&workspace), Permission::TokensRead, None).await?;
    // First the ear, then the question: so nothing falls in between.
    let news = feed.of(
        move |message| is_issue(id, message),
        move |app, news| async move { told(&app, id, news).await },
    );
    let already = ctx.app().pairing(id).await?.map(|code| PairingCode::folded(id, &code));
    let already = already.filter(|shown| shown.0.token.is_some());
    let first = stream::iter(already.map(Ok));
    Ok(first.chain(news).take(1).boxed())
}

fn is_issue(id: PairingId, message: &Message) -> bool {
    message.event.id_of::<Pairing>() == Some(id.by)
        && matches!(message.event.decode::<Event>(), Ok(Event::TokenIssued { .. }))
}

async fn told(app: &App, id: PairingId, news: News) -> Result<Option<PairingCode>, Error> {
    let News::Message(message) = news else { return Ok(None) };
    let at = AsOf::Position(message.position());
    let pairing = app.log.state_at::<Pairing>(id.by, at).await?.state;
    // Of another pairing, where it is not the last one any more.
    let code = pairing.numbered(id.number);
    let issued =
        code.filter(|code| matches!(code.outcome, Outcome::Exchanged { issued: true, .. }));
    Ok(issued.map(|code| PairingCode::folded(id, code)))
}
