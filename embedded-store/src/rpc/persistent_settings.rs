//! What requests say of a group: which one, and how it is to be.

use super::{read_request, status, wire};
use crate::{
    filter::Subject,
    persistent::settings::{FilterSettings, Key, Settings, StartFrom, Strategy},
    protocol::event_store::client::{
        StreamIdentifier,
        persistent_subscriptions::{
            self as proto, AllOptions, ConsumerStrategy, CreateReq, StreamOptions, UpdateReq,
            all_options, create_req, settings as choice, stream_options, update_req,
        },
    },
};
use std::time::Duration;
use tonic::Status;

/// A group's name and its settings; what is wrong with the settings counts after who may make it.
type Asked = (Key, Result<Settings, Status>);

pub(crate) fn create(request: CreateReq) -> Result<Asked, Status> {
    use create_req::options::StreamOption;
    let options = request.options.ok_or_else(status::unhandled)?;
    let settings = options.settings.ok_or_else(status::unhandled)?;
    match options.stream_option {
        Some(StreamOption::Stream(stream)) => of_stream(&stream, options.group_name, &settings),
        Some(StreamOption::All(all)) => from_all(&all, options.group_name, &settings),
        None => as_before_21(options.stream_identifier, options.group_name, &settings),
    }
}

pub(crate) fn update(request: UpdateReq) -> Result<Asked, Status> {
    use update_req::options::StreamOption;
    let options = request.options.ok_or_else(status::unhandled)?;
    let settings = options.settings.ok_or_else(status::unhandled)?;
    match options.stream_option {
        Some(StreamOption::Stream(stream)) => of_stream(&stream, options.group_name, &settings),
        Some(StreamOption::All(all)) => from_all(&all, options.group_name, &settings),
        None => as_before_21(options.stream_identifier, options.group_name, &settings),
    }
}

/// Before groups could read `$all` a request named its stream and its start elsewhere; clients for
/// Node still do.
fn as_before_21(
    stream: Option<StreamIdentifier>,
    group: String,
    settings: &proto::Settings,
) -> Result<Asked, Status> {
    let revision_option = Some(stream_options::RevisionOption::Revision(settings.revision));
    of_stream(&StreamOptions { stream_identifier: stream, revision_option }, group, settings)
}

fn of_stream(
    stream: &StreamOptions,
    group: String,
    settings: &proto::Settings,
) -> Result<Asked, Status> {
    use stream_options::RevisionOption;
    let identifier = stream.stream_identifier.as_ref().ok_or_else(status::unhandled)?;
    let key = named(identifier, group)?;
    let start = match stream.revision_option {
        Some(RevisionOption::Revision(revision)) => start_at(revision)?,
        Some(RevisionOption::End(_)) => StartFrom::End,
        Some(RevisionOption::Start(_)) | None => StartFrom::At(0),
    };
    let settings = parse(&key, settings, start, None);
    Ok((key, settings))
}

fn from_all(all: &AllOptions, group: String, settings: &proto::Settings) -> Result<Asked, Status> {
    use all_options::{AllOption, FilterOption};
    let start = match &all.all_option {
        Some(AllOption::Position(position)) => start_at(position.commit_position)?,
        Some(AllOption::End(_)) => StartFrom::End,
        Some(AllOption::Start(_)) | None => StartFrom::At(0),
    };
    let filter = match &all.filter_option {
        Some(FilterOption::Filter(filter)) => {
            let (subject, expression) = read_request::expression(filter)?;
            Some(FilterSettings {
                by_event_type: subject == Subject::EventType,
                regex: expression.regex.clone(),
                prefixes: expression.prefix.clone(),
            })
        }
        Some(FilterOption::NoFilter(_)) | None => None,
    };
    let key = of_all(group);
    let settings = parse(&key, settings, start, filter);
    Ok((key, settings))
}

fn parse(
    key: &Key,
    settings: &proto::Settings,
    start_from: StartFrom,
    filter: Option<FilterSettings>,
) -> Result<Settings, Status> {
    let strategy = match settings.consumer_strategy.as_str() {
        "" => match ConsumerStrategy::try_from(settings.named_consumer_strategy) {
            Ok(ConsumerStrategy::DispatchToSingle) => Some(Strategy::DispatchToSingle),
            Ok(ConsumerStrategy::RoundRobin) => Some(Strategy::RoundRobin),
            Ok(ConsumerStrategy::Pinned) => Some(Strategy::Pinned),
            Err(_) => None,
        },
        name => Strategy::named(name),
    };
    let named_consumer_strategy = strategy.ok_or_else(|| {
        let name = &settings.consumer_strategy;
        status::subscription_failed(key, &format!("Consumer strategy {name} does not exist."))
    })?;
    Ok(Settings {
        start_from,
        filter,
        resolve_link_tos: settings.resolve_links,
        extra_statistics: settings.extra_statistics,
        message_timeout: match settings.message_timeout {
            Some(choice::MessageTimeout::MessageTimeoutMs(ms)) => milliseconds(ms.into()),
            Some(choice::MessageTimeout::MessageTimeoutTicks(ticks)) => from_ticks(ticks),
            None => Duration::ZERO,
        },
        max_retry_count: settings.max_retry_count,
        live_buffer_size: settings.live_buffer_size,
        read_batch_size: settings.read_batch_size,
        history_buffer_size: settings.history_buffer_size,
        check_point_after: match settings.checkpoint_after {
            Some(choice::CheckpointAfter::CheckpointAfterMs(ms)) => milliseconds(ms.into()),
            Some(choice::CheckpointAfter::CheckpointAfterTicks(ticks)) => from_ticks(ticks),
            None => Duration::ZERO,
        },
        min_check_point_count: settings.min_checkpoint_count,
        max_check_point_count: settings.max_checkpoint_count,
        max_subscriber_count: settings.max_subscriber_count,
        named_consumer_strategy,
    })
}

fn milliseconds(count: i64) -> Duration {
    Duration::from_millis(u64::try_from(count).unwrap_or(0))
}

/// Ticks of 100 ns.
fn from_ticks(ticks: i64) -> Duration {
    Duration::from_micros(u64::try_from(ticks).unwrap_or(0) / 10)
}

/// The largest number of all stands for the end.
fn start_at(place: u64) -> Result<StartFrom, Status> {
    if place == u64::MAX {
        return Ok(StartFrom::End);
    }
    i64::try_from(place).map(StartFrom::At).map_err(|_| status::unhandled())
}

/// A group of a stream; `$all` is not one.
pub(crate) fn named(stream: &StreamIdentifier, group: String) -> Result<Key, Status> {
    let source = wire::stream_name(Some(stream))?.to_string();
    let key = Key { source, group };
    if key.source == "$all" {
        return Err(status::subscription_failed(&key, "$all is not a stream"));
    }
    Ok(key)
}

/// A group of `$all`.
pub(crate) fn of_all(group: String) -> Key {
    Key { source: "$all".into(), group }
}
