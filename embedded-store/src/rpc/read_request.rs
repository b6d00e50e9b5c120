//! What a `Read` asks for: one of four things, parsed once.

use super::{
    status,
    wire::{self, IdFormat},
};
use crate::{
    filter::{Filter, Subject},
    log::{
        StreamName,
        event::{Position, Revision},
        read_all::Direction,
    },
    protocol::event_store::client::streams::{
        ReadReq,
        read_req::{
            Options,
            options::{
                AllOptions, CountOption, FilterOption, FilterOptions, ReadDirection, StreamOption,
                StreamOptions, all_options::AllOption, filter_options,
                stream_options::RevisionOption, uuid_option,
            },
        },
    },
};
use tonic::Status;

/// Where to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin<T> {
    Start,
    End,
    At(T),
}

/// How a filtered subscription says how far it has looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// How many events are looked at in one go.
    pub(crate) size: u32,
    /// A checkpoint is due every so many windows.
    pub(crate) multiplier: u32,
}

impl Default for Window {
    fn default() -> Self {
        Self { size: WINDOW, multiplier: 1 }
    }
}

/// A request, understood.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) ids: IdFormat,
    pub(crate) resolve_links: bool,
    pub(crate) what: What,
}

#[derive(Debug)]
pub(crate) enum What {
    Stream {
        stream: StreamName,
        from: Origin<Revision>,
        direction: Direction,
        count: u64,
        /// The client knows the messages that tell the stream's first and last number.
        positions: bool,
    },
    All {
        from: Origin<Position>,
        direction: Direction,
        count: u64,
        filter: Option<Filter>,
    },
    FollowStream {
        stream: StreamName,
        from: Origin<Revision>,
    },
    FollowAll {
        from: Origin<Position>,
        filter: Option<(Filter, Window)>,
    },
}

/// How many events a window has if the client does not say.
const WINDOW: u32 = 32;

impl Request {
    pub(crate) fn parse(request: ReadReq) -> Result<Self, Status> {
        let options = request.options.ok_or_else(status::unhandled)?;
        let ids = match options.uuid_option.as_ref().and_then(|option| option.content.as_ref()) {
            Some(uuid_option::Content::String(_)) => IdFormat::Text,
            Some(uuid_option::Content::Structured(_)) => IdFormat::Structured,
            None => return Err(status::unhandled()),
        };
        let positions =
            options.control_option.as_ref().is_some_and(|control| control.compatibility >= 1);
        let resolve_links = options.resolve_links;
        Ok(Self { ids, resolve_links, what: what(&options, positions)? })
    }
}

fn what(options: &Options, positions: bool) -> Result<What, Status> {
    let direction = match ReadDirection::try_from(options.read_direction) {
        Ok(ReadDirection::Forwards) => Direction::Forwards,
        Ok(ReadDirection::Backwards) => Direction::Backwards,
        Err(_) => return Err(combination(options)),
    };
    match (&options.stream_option, &options.count_option, direction, &options.filter_option) {
        (
            Some(StreamOption::Stream(stream)),
            Some(CountOption::Count(count)),
            _,
            Some(FilterOption::NoFilter(_)),
        ) => Ok(What::Stream {
            stream: wire::stream_name(stream.stream_identifier.as_ref())?,
            from: revision(stream)?,
            direction,
            count: *count,
            positions,
        }),
        (Some(StreamOption::All(all)), Some(CountOption::Count(count)), _, Some(filter)) => {
            Ok(What::All {
                from: position(all)?,
                direction,
                count: *count,
                filter: parse_filter(filter)?.map(|(filter, _)| filter),
            })
        }
        (
            Some(StreamOption::Stream(stream)),
            Some(CountOption::Subscription(_)),
            Direction::Forwards,
            Some(FilterOption::NoFilter(_)),
        ) => Ok(What::FollowStream {
            stream: wire::stream_name(stream.stream_identifier.as_ref())?,
            from: revision(stream)?,
        }),
        (
            Some(StreamOption::All(all)),
            Some(CountOption::Subscription(_)),
            Direction::Forwards,
            Some(filter),
        ) => {
            let filter = parse_filter(filter)?;
            if filter.as_ref().is_some_and(|(_, window)| window.multiplier == 0) {
                return Err(status::unhandled());
            }
            Ok(What::FollowAll { from: position(all)?, filter })
        }
        _ => Err(combination(options)),
    }
}

/// The request asks for something that no reader is made for.
fn combination(options: &Options) -> Status {
    let stream = match options.stream_option {
        Some(StreamOption::Stream(_)) => "Stream",
        Some(StreamOption::All(_)) => "All",
        None => "None",
    };
    let count = match options.count_option {
        Some(CountOption::Count(_)) => "Count",
        Some(CountOption::Subscription(_)) => "Subscription",
        None => "None",
    };
    let direction = match ReadDirection::try_from(options.read_direction) {
        Ok(ReadDirection::Forwards) => "Forwards".into(),
        Ok(ReadDirection::Backwards) => "Backwards".into(),
        Err(_) => options.read_direction.to_string(),
    };
    let filter = match options.filter_option {
        Some(FilterOption::Filter(_)) => "Filter",
        Some(FilterOption::NoFilter(_)) => "NoFilter",
        None => "None",
    };
    Status::invalid_argument(format!(
        "The combination of ({stream}, {count}, {direction}, {filter}) is invalid."
    ))
}

/// A number of the log; the largest of all stands for the end.
fn place(number: u64) -> Result<Origin<i64>, Status> {
    if number == u64::MAX {
        return Ok(Origin::End);
    }
    i64::try_from(number).map(Origin::At).map_err(|_| status::unhandled())
}

fn revision(stream: &StreamOptions) -> Result<Origin<Revision>, Status> {
    match &stream.revision_option {
        Some(RevisionOption::Revision(number)) => place(*number),
        Some(RevisionOption::Start(_)) => Ok(Origin::Start),
        Some(RevisionOption::End(_)) => Ok(Origin::End),
        None => Err(status::invalid(
            "None",
            "EventStore.Client.Streams.ReadReq+Types+Options+Types+StreamOptions+\
             RevisionOptionOneofCase",
        )),
    }
}

fn position(all: &AllOptions) -> Result<Origin<Position>, Status> {
    match &all.all_option {
        Some(AllOption::Position(position)) => {
            if position.commit_position < position.prepare_position {
                return Err(status::unhandled());
            }
            // Every event's two positions are one, so that the commit position says it all.
            match place(position.commit_position)? {
                Origin::End if position.prepare_position != u64::MAX => Err(status::unhandled()),
                place => Ok(place),
            }
        }
        Some(AllOption::Start(_)) => Ok(Origin::Start),
        Some(AllOption::End(_)) => Ok(Origin::End),
        None => Err(status::invalid(
            "None",
            "EventStore.Client.Streams.ReadReq+Types+Options+Types+AllOptions+AllOptionOneofCase",
        )),
    }
}

fn parse_filter(option: &FilterOption) -> Result<Option<(Filter, Window)>, Status> {
    let FilterOption::Filter(options) = option else { return Ok(None) };
    let (subject, by) = expression(options)?;
    let size = match &options.window {
        Some(filter_options::Window::Max(max)) => (*max).max(1),
        Some(filter_options::Window::Count(_)) => WINDOW,
        None => return Err(status::invalid("None", &format!("{FILTER}+WindowOneofCase"))),
    };
    let filter =
        Filter::new(subject, &by.regex, by.prefix.clone()).map_err(|_| status::unhandled())?;
    Ok(Some((filter, Window { size, multiplier: options.checkpoint_interval_multiplier })))
}

/// What a filter looks at, and for what.
pub(crate) fn expression(
    options: &FilterOptions,
) -> Result<(Subject, &filter_options::Expression), Status> {
    match &options.filter {
        Some(filter_options::Filter::StreamIdentifier(by)) => Ok((Subject::Stream, by)),
        Some(filter_options::Filter::EventType(by)) => Ok((Subject::EventType, by)),
        None => Err(status::invalid("None", &format!("{FILTER}+FilterOneofCase"))),
    }
}

/// The name that a genuine server has for filters.
const FILTER: &str = "EventStore.Client.Streams.ReadReq+Types+Options+Types+FilterOptions";
