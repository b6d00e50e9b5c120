//! `BatchAppend`: many appends over one call, each answered by its correlation id.
//!
//! Requests with one id are one append; it is written once its final request has come. Appends reach the
//! writer in the order in which they are complete, and may be answered in any.

use super::{
    append::{self, MAX_APPEND_SIZE, Malformed},
    batch_reply::{self, Failure},
    expected, wire,
};
use crate::{
    log::{Log, Refusal, StreamName, Write, event::Proposed, expected::Expected},
    protocol::event_store::client::{
        StreamIdentifier, Uuid as ProtoUuid,
        streams::{
            BatchAppendReq, BatchAppendResp,
            batch_append_req::{Options, ProposedMessage, options::DeadlineOption},
        },
    },
};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{sync::mpsc, task::JoinSet, time};
use tonic::{Status, Streaming};
use uuid::Uuid;

/// How long a write may take at most, whatever its client allows.
const MAX_DEADLINE: Duration = Duration::from_secs(2);

/// How many appends of one call may be unfinished.
const UNFINISHED: usize = 1024;

/// How many answers wait for the client to take them.
const ANSWERS: usize = 64;

/// The answers to a call.
pub(crate) type Answers = mpsc::Receiver<Result<BatchAppendResp, Status>>;

/// Answers until the client has sent its last request and every append has its answer.
pub(crate) fn start(log: Arc<Log>, requests: Streaming<BatchAppendReq>) -> Answers {
    let (answers, taken) = mpsc::channel(ANSWERS);
    let call = Call { log, answers, unfinished: HashMap::new(), writing: JoinSet::new() };
    tokio::spawn(call.run(requests));
    taken
}

struct Call {
    log: Arc<Log>,
    answers: mpsc::Sender<Result<BatchAppendResp, Status>>,
    /// Appends whose final request has not come.
    unfinished: HashMap<Option<Uuid>, Batch>,
    writing: JoinSet<()>,
}

/// One append, as far as it has come.
struct Batch {
    correlation_id: Option<ProtoUuid>,
    stream_identifier: Option<StreamIdentifier>,
    /// What was asked for, or what is wrong with it.
    asked: Result<Asked, Failure>,
    size: usize,
}

struct Asked {
    stream: StreamName,
    expected: Expected,
    deadline: Duration,
    events: Vec<Proposed>,
}

impl Call {
    async fn run(mut self, mut requests: Streaming<BatchAppendReq>) {
        loop {
            match requests.message().await {
                Ok(Some(request)) => {
                    if let Err(status) = self.receive(request).await {
                        // Whoever is gone needs no reason.
                        let _ = self.answers.send(Err(status)).await;
                        return;
                    }
                }
                Ok(None) => break,
                Err(_) => return,
            }
        }
        while self.writing.join_next().await.is_some() {}
    }

    async fn receive(&mut self, request: BatchAppendReq) -> Result<(), Status> {
        let id = wire::parse_uuid(request.correlation_id.as_ref());
        let mut batch = match self.unfinished.remove(&id) {
            Some(batch) => batch,
            None if self.unfinished.len() >= UNFINISHED => {
                return Err(Status::resource_exhausted("too many unfinished batches"));
            }
            None => Batch::begin(request.correlation_id, request.options),
        };
        batch.extend(request.proposed_messages);
        if request.is_final {
            self.write(batch).await;
        } else {
            self.unfinished.insert(id, batch);
        }
        while self.writing.try_join_next().is_some() {}
        Ok(())
    }

    async fn write(&mut self, batch: Batch) {
        let Batch { correlation_id, stream_identifier, asked, .. } = batch;
        let answers = self.answers.clone();
        let answer = |result| batch_reply::answer(correlation_id, stream_identifier, result);
        let Asked { stream, expected, deadline, events } = match asked {
            Ok(asked) => asked,
            Err(failure) => {
                // A client that is gone needs no answer.
                let _ = answers.send(Ok(answer(Err(failure)))).await;
                return;
            }
        };
        let write = Write::Append { stream: stream.clone(), expected, events };
        let waiting = self.log.submit(write).await;
        self.writing.spawn(async move {
            let written = match waiting {
                Ok(waiting) => time::timeout(deadline, waiting).await,
                Err(refusal) => Ok(Err(refusal)),
            };
            let result = match written {
                Ok(Ok(appended)) => Ok(appended),
                Ok(Err(Refusal::Conflict { current })) => {
                    Err(Failure::Conflict { expected, current })
                }
                Ok(Err(Refusal::Deleted)) => Err(Failure::Deleted(stream)),
                Ok(Err(Refusal::Storage(_) | Refusal::Closed)) => Err(Failure::Unknown),
                Err(_) => Err(Failure::Timeout),
            };
            // A client that is gone needs no answer.
            let _ = answers.send(Ok(answer(result))).await;
        });
    }
}

impl Batch {
    fn begin(correlation_id: Option<ProtoUuid>, options: Option<Options>) -> Self {
        let stream_identifier = options.as_ref().and_then(|o| o.stream_identifier.clone());
        let asked = match options {
            Some(options) => Asked::parse(&options),
            None => Err(Failure::BadRequest("the first request has the options".into())),
        };
        Self { correlation_id, stream_identifier, asked, size: 0 }
    }

    /// Adds events, unless something is wrong already.
    fn extend(&mut self, messages: Vec<ProposedMessage>) {
        for message in messages {
            let Ok(asked) = &mut self.asked else { return };
            match proposed(message) {
                Ok(event) => {
                    self.size += event.size();
                    asked.events.push(event);
                }
                Err(malformed) => {
                    self.asked = Err(Failure::BadRequest(malformed.to_string()));
                    return;
                }
            }
            if self.size > MAX_APPEND_SIZE {
                self.asked = Err(Failure::TooLarge);
            }
        }
    }
}

/// Understands a request, or does not, as a fuzzer wants it.
#[cfg(fuzzing)]
pub(crate) fn understand(request: BatchAppendReq) -> bool {
    let mut batch = Batch::begin(request.correlation_id, request.options);
    batch.extend(request.proposed_messages);
    batch.asked.is_ok()
}

impl Asked {
    fn parse(options: &Options) -> Result<Self, Failure> {
        let bad = |status: Status| Failure::BadRequest(status.message().into());
        let stream = wire::stream_name(options.stream_identifier.as_ref()).map_err(bad)?;
        let expected =
            expected::of_batch(options.expected_stream_position.as_ref()).map_err(bad)?;
        append::writable(&stream).map_err(|_| Failure::AccessDenied)?;
        let deadline = deadline(options.deadline_option.as_ref()).ok_or(Failure::Timeout)?;
        Ok(Self { stream, expected, deadline, events: Vec::new() })
    }
}

fn proposed(message: ProposedMessage) -> Result<Proposed, Malformed> {
    let id = wire::parse_uuid(message.id.as_ref());
    append::event(id, message.metadata, message.data, message.custom_metadata)
}

/// How long the write may take; nothing if its time is over.
fn deadline(option: Option<&DeadlineOption>) -> Option<Duration> {
    let left = match option {
        None => return Some(MAX_DEADLINE),
        Some(DeadlineOption::Deadline(left)) => Duration::try_from(*left).ok()?,
        Some(DeadlineOption::Deadline21100(until)) => std::time::SystemTime::try_from(*until)
            .ok()?
            .duration_since(std::time::SystemTime::now())
            .ok()?,
    };
    (!left.is_zero()).then_some(left.min(MAX_DEADLINE))
}
