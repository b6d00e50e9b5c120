//! `Monitoring`: the server's figures, now and at every interval.

use crate::{
    figures::{self, Figures},
    protocol::event_store::client::monitoring::{StatsReq, StatsResp, monitoring_server},
};
use futures::stream::{self, BoxStream, StreamExt as _};
use std::{sync::Arc, time::Duration};
use tokio::time;
use tonic::{Request, Response, Status};

/// How often the figures are told at most.
const SHORTEST: Duration = Duration::from_millis(100);

/// Tells the figures.
pub(crate) struct Monitoring {
    pub(crate) figures: Arc<Figures>,
}

#[tonic::async_trait]
impl monitoring_server::Monitoring for Monitoring {
    type StatsStream = BoxStream<'static, Result<StatsResp, Status>>;

    async fn stats(
        &self,
        request: Request<StatsReq>,
    ) -> Result<Response<Self::StatsStream>, Status> {
        let period = Duration::from_millis(request.into_inner().refresh_time_period_in_ms);
        let mut ticks = time::interval(period.clamp(SHORTEST, Duration::from_hours(24)));
        ticks.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        let told =
            stream::unfold((Arc::clone(&self.figures), ticks), |(source, mut ticks)| async {
                ticks.tick().await;
                let told = match source.now().await {
                    Ok(now) => Ok(StatsResp { stats: figures::flat(now).collect() }),
                    Err(unreadable) => Err(unreadable.into()),
                };
                Some((told, (source, ticks)))
            });
        Ok(Response::new(told.boxed()))
    }
}
