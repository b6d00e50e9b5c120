//! Answers to a read: encoded by hand, since this is where most of the time goes that a read takes.
//!
//! A message of the generated type needs a map and ten strings for what is the same in every event.
//! Here an event is written from the log's record into bytes once, and all who follow share them.

use super::wire::{self, IdFormat, Message};
use crate::{
    log::{event::Recorded, links::Resolved},
    protocol::event_store::client::streams::{ReadReq, ReadResp},
};
use bytes::{Buf as _, BufMut, Bytes};
use prost::{
    Message as _,
    encoding::{encode_varint, encoded_len_varint},
};
use tonic::{
    Status,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
};

/// A message of the protocol's `ReadResp`.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Encoded already.
    Encoded(Bytes),
    Message(Box<ReadResp>),
}

impl Answer {
    pub(crate) fn new(message: Message, ids: IdFormat) -> Self {
        match message {
            Message::Event(Resolved { event: Some(event), link: None }) => {
                Self::Encoded(plain(&event, ids))
            }
            other => Self::Message(Box::new(other.encode(ids))),
        }
    }
}

/// An event that is no link; followers of the tail share what the first of them encoded.
fn plain(event: &Recorded, ids: IdFormat) -> Bytes {
    match ids {
        IdFormat::Text => event.encoded.get_or_init(|| encode(event, ids)).clone(),
        IdFormat::Structured => encode(event, ids),
    }
}

/// Field numbers of the protocol, and how a field of bytes or of a number begins.
const fn bytes_field(number: u8) -> u8 {
    number << 3 | 2
}
const fn number_field(number: u8) -> u8 {
    number << 3
}

/// `ReadResp { event: ReadEvent { event: RecordedEvent, commit_position } }`.
fn encode(event: &Recorded, ids: IdFormat) -> Bytes {
    let mut recorded = Vec::with_capacity(event.size() + event.stream.as_str().len() + 256);
    put_recorded(&mut recorded, event, ids);
    let position = wire::unsigned(event.position);
    let inner = field_len(recorded.len()) + 1 + encoded_len_varint(position);
    let mut answer = Vec::with_capacity(field_len(inner));
    answer.put_u8(bytes_field(1));
    encode_varint(inner as u64, &mut answer);
    put_bytes(&mut answer, 1, &recorded);
    answer.put_u8(number_field(3));
    encode_varint(position, &mut answer);
    answer.into()
}

fn put_recorded(buffer: &mut Vec<u8>, event: &Recorded, ids: IdFormat) {
    match ids {
        IdFormat::Text => {
            let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
            let text = event.id.hyphenated().encode_lower(&mut text);
            put_nested(buffer, 1, 2, text.as_bytes());
        }
        IdFormat::Structured => put_bytes(buffer, 1, &wire::uuid(event.id, ids).encode_to_vec()),
    }
    put_nested(buffer, 2, 3, event.stream.as_str().as_bytes());
    let position = wire::unsigned(event.position);
    for (number, value) in [(3, wire::unsigned(event.revision)), (4, position), (5, position)] {
        // A default is not sent.
        if value != 0 {
            buffer.put_u8(number_field(number));
            encode_varint(value, buffer);
        }
    }
    let mut created = [0; 20];
    let content_type = if event.is_json { wire::JSON } else { wire::OCTETS };
    put_property(buffer, b"type", event.event_type.as_bytes());
    put_property(buffer, b"created", decimal(event.created, &mut created));
    put_property(buffer, b"content-type", content_type.as_bytes());
    for (number, bytes) in [(7, &event.metadata), (8, &event.data)] {
        if !bytes.is_empty() {
            put_bytes(buffer, number, bytes);
        }
    }
}

/// A key and its value: an entry of the map in field 6.
fn put_property(buffer: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    buffer.put_u8(bytes_field(6));
    encode_varint((field_len(key.len()) + field_len(value.len())) as u64, buffer);
    put_bytes(buffer, 1, key);
    put_bytes(buffer, 2, value);
}

/// A message in field `outer` that has nothing but bytes, in its field `inner`.
fn put_nested(buffer: &mut Vec<u8>, outer: u8, inner: u8, bytes: &[u8]) {
    buffer.put_u8(bytes_field(outer));
    encode_varint(field_len(bytes.len()) as u64, buffer);
    put_bytes(buffer, inner, bytes);
}

fn put_bytes(buffer: &mut Vec<u8>, number: u8, bytes: &[u8]) {
    buffer.put_u8(bytes_field(number));
    encode_varint(bytes.len() as u64, buffer);
    buffer.put_slice(bytes);
}

/// How long a field of so many bytes is, with what stands before them.
fn field_len(bytes: usize) -> usize {
    1 + encoded_len_varint(bytes as u64) + bytes
}

/// Digits of a time, which is never negative.
fn decimal(number: i64, digits: &mut [u8; 20]) -> &[u8] {
    let mut left = wire::unsigned(number.max(0));
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            return &digits[first..];
        }
    }
}

/// Puts answers on the wire, and takes requests from it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Answers;

impl Codec for Answers {
    type Encode = Answer;
    type Decode = ReadReq;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Answers {
    type Item = Answer;
    type Error = Status;

    fn encode(&mut self, answer: Answer, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        match answer {
            Answer::Encoded(bytes) => to.put_slice(&bytes),
            Answer::Message(message) => {
                message.encode(to).map_err(|error| Status::internal(error.to_string()))?;
            }
        }
        Ok(())
    }
}

impl Decoder for Answers {
    type Item = ReadReq;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<ReadReq>, Status> {
        let request = ReadReq::decode(from.copy_to_bytes(from.remaining()))
            .map_err(|error| Status::internal(error.to_string()))?;
        Ok(Some(request))
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, encode};
    use crate::{
        log::{StreamName, event::Recorded, links::Resolved},
        protocol::event_store::client::streams::ReadResp,
        rpc::{IdFormat, Message},
    };
    use proptest::prelude::*;
    use prost::Message as _;
    use std::sync::Arc;
    use uuid::Uuid;

    proptest! {
        #[test]
        fn what_is_encoded_by_hand_is_what_the_generated_type_says(
            position in 1..i64::MAX, revision in 0..=i64::MAX, created in 0..i64::MAX,
            id in any::<u128>(), name in ".{1,200}", event_type in ".{1,40}", is_json in any::<bool>(),
            data in prop::collection::vec(any::<u8>(), 0..300),
            metadata in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let event = Arc::new(Recorded {
                stream: StreamName::stored(&name, false),
                id: Uuid::from_u128(id),
                event_type: event_type.into(),
                data: data.into(),
                metadata: metadata.into(),
                position, revision, created, is_json,
                encoded: std::sync::OnceLock::new(),
            });
            for ids in [IdFormat::Text, IdFormat::Structured] {
                let ours = ReadResp::decode(encode(&event, ids)).unwrap();
                let theirs = Message::Event(Resolved::plain(Arc::clone(&event))).encode(ids);
                prop_assert_eq!(&ours, &theirs);
                let message = Message::Event(Resolved::plain(Arc::clone(&event)));
                let Answer::Encoded(bytes) = Answer::new(message, ids) else { panic!("it is plain") };
                prop_assert_eq!(&ReadResp::decode(bytes).unwrap(), &theirs);
            }
        }
    }
}
