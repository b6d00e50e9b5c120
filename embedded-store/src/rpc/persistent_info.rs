//! How a group is doing, in the protocol's words.

use super::persistent::refused;
use crate::{
    persistent::{
        Subscriptions,
        settings::{Key, StartFrom, place_text},
    },
    protocol::event_store::client::persistent_subscriptions::{
        SubscriptionInfo, subscription_info::ConnectionInfo,
    },
};
use std::time::Duration;
use tonic::Status;

pub(crate) async fn of(
    subscriptions: &Subscriptions,
    key: &Key,
) -> Result<SubscriptionInfo, Status> {
    let (settings, info) =
        subscriptions.info(key).await.map_err(|failure| refused(failure, key))?;
    let all = key.source == "$all";
    let text = |place: Option<i64>| place.map(|place| place_text(all, place)).unwrap_or_default();
    let start = match settings.start_from {
        StartFrom::End => -1,
        StartFrom::At(place) => place,
    };
    let connections = info.readers.iter().map(|(slots, has, received)| ConnectionInfo {
        total_items: *received,
        available_slots: count(slots.saturating_sub(*has)),
        in_flight_messages: count(*has),
        ..ConnectionInfo::default()
    });
    Ok(SubscriptionInfo {
        event_source: key.source.clone(),
        group_name: key.group.clone(),
        status: if info.behind { "Behind" } else { "Live" }.into(),
        connections: connections.collect(),
        average_per_second: 0,
        total_items: info.total,
        count_since_last_measurement: 0,
        last_checkpointed_event_position: text(info.checkpoint),
        last_known_event_position: text(info.last),
        resolve_link_tos: settings.resolve_link_tos,
        start_from: place_text(all, start),
        message_timeout_milliseconds: milliseconds(settings.message_timeout),
        extra_statistics: settings.extra_statistics,
        max_retry_count: settings.max_retry_count,
        live_buffer_size: settings.live_buffer_size,
        buffer_size: settings.history_buffer_size,
        read_batch_size: settings.read_batch_size,
        check_point_after_milliseconds: milliseconds(settings.check_point_after),
        min_check_point_count: settings.min_check_point_count,
        max_check_point_count: settings.max_check_point_count,
        read_buffer_count: count(info.waiting),
        live_buffer_count: 0,
        retry_buffer_count: count(info.again),
        total_in_flight_messages: count(info.delivered),
        outstanding_messages_count: count(info.delivered),
        named_consumer_strategy: settings.named_consumer_strategy.name().into(),
        max_subscriber_count: settings.max_subscriber_count,
        parked_message_count: info.parked,
    })
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn milliseconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_millis()).unwrap_or(i32::MAX)
}
