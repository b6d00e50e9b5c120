//! The player: makes each step's call over the generated client and writes down the answer.

use super::{
    compare, describe, groups,
    requests::Names,
    script::{Recorded, Scenario, Step},
};
use embedded_store::{
    EmbeddedStore,
    protocol::event_store::client::{
        Empty,
        gossip::gossip_client::GossipClient,
        persistent_subscriptions::{
            persistent_subscriptions_client::PersistentSubscriptionsClient,
            read_resp::Content as Delivered,
        },
        server_features::server_features_client::ServerFeaturesClient,
        streams::{ReadResp, streams_client::StreamsClient},
    },
};
use serde_json::{Value, json};
use std::{collections::HashMap, time::Duration};
use tokio::time;
use tonic::{Status, Streaming, transport::Channel};

/// How long nothing may come before a subscription counts as quiet, once all that was recorded came.
const QUIET: Duration = Duration::from_millis(300);

/// How long a recorded message may take to come.
const PATIENCE: Duration = Duration::from_secs(10);

struct Player {
    names: Names,
    channel: Channel,
    streams: StreamsClient<Channel>,
    groups: PersistentSubscriptionsClient<Channel>,
}

/// The answer to a call that has nothing to tell.
fn plain<T>(answer: Result<T, Status>) -> Value {
    match answer {
        Ok(_) => json!({ "reply": "ok" }),
        Err(status) => describe::error(&status),
    }
}

/// Plays a scenario against a store of its own; the recorded answers tell how many messages to await.
pub(super) async fn play(scenario: &Scenario, recorded: &[Recorded]) -> Vec<Value> {
    let store = EmbeddedStore::builder().in_memory().start().await.unwrap();
    let channel = Channel::from_shared(format!("http://{}", store.address())).unwrap();
    let channel = channel.connect().await.unwrap();
    let mut player = Player {
        names: Names { nonce: "5ce9a410".into(), ids: HashMap::new(), positions: HashMap::new() },
        streams: StreamsClient::new(channel.clone()),
        groups: PersistentSubscriptionsClient::new(channel.clone()),
        channel,
    };
    let mut answers = Vec::new();
    for (index, step) in scenario.steps.iter().enumerate() {
        let genuine = recorded.get(index).map_or(&Value::Null, |recorded| &recorded.result);
        answers.push(player.answer(step, index, genuine).await);
    }
    store.shutdown().await;
    compare::normalised(answers, &player.names.nonce, &player.names.ids)
}

impl Player {
    async fn answer(&mut self, step: &Step, index: usize, genuine: &Value) -> Value {
        match step.call.as_str() {
            "subscribe" => self.subscribe(step, index, genuine).await,
            "psRead" => self.read_group(step, index, genuine).await,
            _ => self.call(step, index).await,
        }
    }

    /// Every call but a subscription, during which other calls are made.
    async fn call(&mut self, step: &Step, index: usize) -> Value {
        match step.call.as_str() {
            "append" => {
                let stream = step.stream.clone().unwrap();
                self.append(step, &stream, index).await
            }
            "meta" => self.describe_stream(step, index).await,
            "batch" => self.batch(step, index).await,
            "delete" => match self.streams.delete(self.names.delete(step)).await {
                Ok(answer) => describe::deleted(answer.get_ref()),
                Err(status) => describe::error(&status),
            },
            "tombstone" => match self.streams.tombstone(self.names.tombstone(step)).await {
                Ok(answer) => describe::tombstoned(answer.get_ref()),
                Err(status) => describe::error(&status),
            },
            "read" => self.read(step).await,
            "psCreate" => {
                let request = groups::create(&self.names, step);
                plain(self.groups.create(request).await)
            }
            "psUpdate" => {
                let request = groups::update(&self.names, step);
                plain(self.groups.update(request).await)
            }
            "psDelete" => {
                let request = groups::delete(&self.names, step);
                plain(self.groups.delete(request).await)
            }
            "psReplay" => {
                let request = groups::replay(&self.names, step);
                plain(self.groups.replay_parked(request).await)
            }
            "psInfo" => self.group_info(step).await,
            "psRead" => self.second_reader(step).await,
            "features" => self.features().await,
            "gossip" => self.gossip().await,
            "wait" => {
                time::sleep(Duration::from_millis(step.ms)).await;
                json!({ "waited": step.ms })
            }
            other => panic!("no scenario does {other}"),
        }
    }

    async fn append(&mut self, step: &Step, stream: &str, index: usize) -> Value {
        let requests = self.names.append(step, stream);
        match self.streams.append(futures::stream::iter(requests)).await {
            Ok(answer) => {
                let position = describe::append_position(answer.get_ref());
                self.names.positions.extend(position.map(|position| (index, position)));
                describe::appended(answer.get_ref())
            }
            Err(status) => describe::error(&status),
        }
    }

    async fn describe_stream(&mut self, step: &Step, index: usize) -> Value {
        let event = json!({ "id": format!("meta{index}"), "type": "$metadata", "data": step.json });
        let append = Step {
            expected: step.expected.clone(),
            events: vec![serde_json::from_value(event).unwrap()],
            ..Step::default()
        };
        let stream = format!("$${}", step.stream.as_deref().unwrap());
        self.append(&append, &stream, index).await
    }

    async fn batch(&mut self, step: &Step, index: usize) -> Value {
        let requests = self.names.batch(step, index);
        let mut answers = match self.streams.batch_append(futures::stream::iter(requests)).await {
            Ok(answers) => answers.into_inner(),
            Err(status) => return json!({ "messages": [], "end": describe::failure(&status) }),
        };
        let mut messages = Vec::new();
        loop {
            match answers.message().await {
                Ok(Some(answer)) => messages.push(describe::batch_appended(&answer)),
                Ok(None) => return json!({ "messages": messages, "end": "OK" }),
                Err(status) => {
                    return json!({ "messages": messages, "end": describe::failure(&status) });
                }
            }
        }
    }

    async fn read(&mut self, step: &Step) -> Value {
        let mut messages = Vec::new();
        let end = match self.streams.read(self.names.read(step, false)).await {
            Ok(answers) => self.collect(answers.into_inner(), &mut messages).await,
            Err(status) => describe::failure(&status),
        };
        json!({ "messages": messages, "end": end })
    }

    async fn collect(&self, mut answers: Streaming<ReadResp>, messages: &mut Vec<Value>) -> Value {
        loop {
            match answers.message().await {
                Ok(Some(answer)) => messages.extend(self.message(&answer)),
                Ok(None) => return json!("OK"),
                Err(status) => return describe::failure(&status),
            }
        }
    }

    async fn subscribe(&mut self, step: &Step, index: usize, genuine: &Value) -> Value {
        let wanted = genuine["messages"].as_array().map_or(0, Vec::len);
        let mut messages = Vec::new();
        let mut during = Vec::new();
        let mut answers = match self.streams.read(self.names.read(step, true)).await {
            Ok(answers) => answers.into_inner(),
            Err(status) => {
                return json!({ "messages": [], "end": describe::failure(&status), "during": [] });
            }
        };
        let mut pending = step.during.iter();
        let end = loop {
            let patience = if messages.len() < wanted { PATIENCE } else { QUIET };
            match time::timeout(patience, answers.message()).await {
                Err(_) => break None,
                Ok(Ok(None)) => break Some(json!("OK")),
                Ok(Err(status)) => break Some(describe::failure(&status)),
                Ok(Ok(Some(answer))) => messages.extend(self.message(&answer)),
            }
            // Once it is live, the rest of the step happens.
            if messages.last() == Some(&json!({ "caughtUp": true })) {
                for step in pending.by_ref() {
                    during.push(self.call(step, index).await);
                }
            }
        };
        match end {
            Some(end) => json!({ "messages": messages, "end": end, "during": during }),
            None => json!({ "messages": messages, "open": true, "during": during }),
        }
    }

    /// A second reader of a group that has room for one.
    async fn second_reader(&mut self, step: &Step) -> Value {
        let request = futures::stream::iter([groups::connect(&self.names, step)]);
        match self.groups.read(request).await {
            Ok(_) => json!({ "messages": [] }),
            Err(status) => describe::error(&status),
        }
    }

    async fn read_group(&mut self, step: &Step, index: usize, genuine: &Value) -> Value {
        let wanted = genuine["messages"].as_array().map_or(0, Vec::len);
        let (answer, requests) = futures::channel::mpsc::unbounded();
        answer.unbounded_send(groups::connect(&self.names, step)).unwrap();
        let mut deliveries = match self.groups.read(requests).await {
            Ok(deliveries) => deliveries.into_inner(),
            Err(status) => return json!({ "messages": [], "end": describe::failure(&status) }),
        };
        let (mut messages, mut seen) = (Vec::new(), 0);
        let mut pending = step.during.iter();
        // Where the recorded reading ends with a status, that has to come.
        let ends = genuine.get("end").is_some();
        loop {
            let more = messages.len() < wanted || ends;
            let patience = if more { PATIENCE } else { QUIET };
            match time::timeout(patience, deliveries.message()).await {
                Err(_) => return json!({ "messages": messages, "open": true }),
                Ok(Ok(None)) => return json!({ "messages": messages, "end": "OK" }),
                Ok(Err(status)) => {
                    return json!({ "messages": messages, "end": describe::failure(&status) });
                }
                Ok(Ok(Some(delivery))) => {
                    if let Some(Delivered::Event(event)) = &delivery.content {
                        let nth = seen;
                        seen += 1;
                        let answered = groups::answer(step, nth, event);
                        if let Some(request) = answered {
                            answer.unbounded_send(request).unwrap();
                        }
                    }
                    messages.extend(groups::message(&self.names, &delivery));
                }
            }
            // Once it is confirmed, the rest of the step happens.
            for step in pending.by_ref() {
                self.call(step, index).await;
            }
        }
    }

    async fn group_info(&mut self, step: &Step) -> Value {
        let request = groups::info(&self.names, step);
        let info = match self.groups.get_info(request).await {
            Ok(answer) => answer.into_inner().subscription_info.unwrap(),
            Err(status) => return describe::error(&status),
        };
        json!({
            "status": info.status,
            "startFrom": info.start_from,
            "strategy": info.named_consumer_strategy,
            "parked": info.parked_message_count.to_string(),
            "maxRetry": info.max_retry_count,
            "buffer": info.buffer_size,
            "liveBuffer": info.live_buffer_size,
        })
    }

    fn message(&self, answer: &ReadResp) -> Option<Value> {
        describe::message(answer, &self.names.ids, &self.names.nonce)
    }

    async fn features(&self) -> Value {
        let mut client = ServerFeaturesClient::new(self.channel.clone());
        let answer = client.get_supported_methods(Empty {}).await.unwrap().into_inner();
        let methods = answer.methods.iter().map(|method| {
            format!("{}/{} {:?}", method.service_name, method.method_name, method.features)
        });
        json!({ "methods": methods.collect::<Vec<_>>() })
    }

    async fn gossip(&self) -> Value {
        let read: Result<_, Status> = GossipClient::new(self.channel.clone()).read(Empty {}).await;
        match read {
            Ok(answer) => {
                let members = answer.get_ref().members.iter();
                let members: Vec<_> = members
                    .map(|member| json!({ "state": member.state, "alive": member.is_alive }))
                    .collect();
                json!({ "members": members })
            }
            Err(status) => describe::error(&status),
        }
    }
}
