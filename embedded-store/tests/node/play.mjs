// Plays what a client of EventStoreDB does against the server at the given address, with the given
// package, and prints a line for everything that held. Anything that does not hold ends it with 1.
//
//   node play.mjs @eventstore/db-client localhost:2113

import assert from "node:assert/strict";

const [, , name, address] = process.argv;
const db = await import(name);
const Client = db.EventStoreDBClient ?? db.KurrentDBClient;
// The newer package calls the expectation of a stream's revision its state.
const expecting = (state) => ({ expectedRevision: state, streamState: state });
const run = `${name.replace(/\W/g, "")}-${Date.now()}`;
const stream = (what) => `${run}-${what}`;
const client = Client.connectionString`esdb://${address}?tls=false`;
const event = (n) => db.jsonEvent({ type: "counted", data: { n } });
const events = (from, to) => Array.from({ length: to - from }, (_, i) => event(from + i));

async function read(source) {
  const found = [];
  for await (const resolved of source) found.push(resolved);
  return found;
}
const numbers = (found) => found.map(({ event }) => event.data.n);

async function take(subscription, count) {
  const found = [];
  for await (const resolved of subscription) {
    found.push(resolved);
    if (found.length === count) break;
  }
  await subscription.unsubscribe();
  return found;
}

const plays = {
  // Without credentials of its own an append goes over the batch call, with them over the plain one.
  async "appends over both calls"() {
    for (const [call, options] of [
      ["batch", {}],
      ["plain", { credentials: { username: "admin", password: "changeit" } }],
    ]) {
      const s = stream(call);
      const first = await client.appendToStream(s, events(0, 3), { ...expecting(db.NO_STREAM), ...options });
      assert.equal(first.success, true);
      assert.equal(first.nextExpectedRevision, 2n);
      const found = await read(client.readStream(s));
      assert.deepEqual(numbers(found), [0, 1, 2]);
      assert.equal(found[2].event.revision, 2n);
      assert.equal(found[2].event.position.commit, first.position.commit);
      await client.appendToStream(s, event(3), { ...expecting(2n), ...options });
      await client.appendToStream(s, event(4), { ...expecting(db.STREAM_EXISTS), ...options });
      await client.appendToStream(s, event(5), { ...expecting(db.ANY), ...options });
      for (const wrong of [db.NO_STREAM, 1n, 9n]) {
        await assert.rejects(
          client.appendToStream(s, event(9), { ...expecting(wrong), ...options }),
          (error) => {
            assert.ok(error instanceof db.WrongExpectedVersionError, String(error));
            assert.equal(error.streamName, s);
            assert.equal(error.actualVersion ?? error.actualState, 5n);
            return true;
          },
        );
      }
      assert.deepEqual(numbers(await read(client.readStream(s))), [0, 1, 2, 3, 4, 5]);
    }
  },

  async "appends many at once, each in its place"() {
    const s = stream("many");
    await Promise.all(Array.from({ length: 200 }, (_, n) => client.appendToStream(s, event(n))));
    const found = await read(client.readStream(s));
    assert.deepEqual(found.map(({ event }) => event.revision), Array.from({ length: 200 }, (_, n) => BigInt(n)));
    assert.equal(new Set(numbers(found)).size, 200);
  },

  async "repeats an append and writes nothing"() {
    const s = stream("repeated");
    const same = events(0, 2);
    const first = await client.appendToStream(s, same, expecting(db.NO_STREAM));
    const again = await client.appendToStream(s, same, expecting(db.NO_STREAM));
    assert.equal(again.nextExpectedRevision, first.nextExpectedRevision);
    assert.equal((await read(client.readStream(s))).length, 2);
  },

  async "refuses an append that is too large"() {
    const large = db.binaryEvent({ type: "large", data: new Uint8Array(1_100_000) });
    for (const options of [{}, { credentials: { username: "admin", password: "changeit" } }]) {
      await assert.rejects(client.appendToStream(stream("large"), large, options), (error) => {
        assert.ok(error instanceof db.MaxAppendSizeExceededError, String(error));
        assert.equal(error.maxAppendSize, 1_048_576);
        return true;
      });
    }
  },

  async "reads in both directions, from a revision, up to a count"() {
    const s = stream("read");
    await client.appendToStream(s, events(0, 100));
    const of = (options) => read(client.readStream(s, options)).then(numbers);
    assert.deepEqual(await of({ fromRevision: 97n }), [97, 98, 99]);
    assert.deepEqual(await of({ direction: db.BACKWARDS, fromRevision: db.END, maxCount: 2 }), [99, 98]);
    assert.deepEqual(await of({ direction: db.BACKWARDS, fromRevision: 1n }), [1, 0]);
    const newest = await read(client.readAll({ direction: db.BACKWARDS, fromPosition: db.END, maxCount: 1 }));
    assert.equal(newest[0].event.streamId, s);
  },

  async "does not find a stream that never was"() {
    await assert.rejects(read(client.readStream(stream("missing"))), (error) => {
      assert.ok(error instanceof db.StreamNotFoundError, String(error));
      assert.equal(error.streamName, stream("missing"));
      return true;
    });
  },

  async "keeps metadata, and obeys it"() {
    const s = stream("described");
    await client.appendToStream(s, events(0, 5));
    await client.setStreamMetadata(s, { maxCount: 2, note: "mine" });
    const { metadata } = await client.getStreamMetadata(s);
    assert.equal(metadata.maxCount, 2);
    assert.equal(metadata.note, "mine");
    assert.deepEqual(numbers(await read(client.readStream(s))), [3, 4]);
  },

  async "deletes a stream, and takes it up again"() {
    const s = stream("deleted");
    await client.appendToStream(s, events(0, 2));
    await assert.rejects(client.deleteStream(s, { ...expecting(7n) }), (error) => {
      assert.ok(error instanceof db.WrongExpectedVersionError, String(error));
      assert.equal(error.actualVersion ?? error.actualState, 1n);
      return true;
    });
    await client.deleteStream(s, expecting(1n));
    await assert.rejects(read(client.readStream(s)), db.StreamNotFoundError);
    const again = await client.appendToStream(s, event(2), expecting(db.NO_STREAM));
    assert.equal(again.nextExpectedRevision, 2n);
    assert.deepEqual(numbers(await read(client.readStream(s))), [2]);
  },

  async "tombstones a stream for good"() {
    const s = stream("tombstoned");
    await client.appendToStream(s, event(0));
    await client.tombstoneStream(s);
    const deleted = (error) => {
      assert.ok(error instanceof db.StreamDeletedError, String(error));
      assert.equal(error.streamName, s);
      return true;
    };
    await assert.rejects(read(client.readStream(s)), deleted);
    const plain = { credentials: { username: "admin", password: "changeit" } };
    await assert.rejects(client.appendToStream(s, event(1), plain), deleted);
    await assert.rejects(client.appendToStream(s, event(1)), deleted);
    await assert.rejects(client.tombstoneStream(s), deleted);
  },

  async "follows a stream: history, then what comes"() {
    const s = stream("followed");
    await client.appendToStream(s, events(0, 3));
    const subscription = client.subscribeToStream(s, { fromRevision: db.START });
    const seen = take(subscription, 5);
    await client.appendToStream(s, events(3, 5));
    assert.deepEqual(numbers(await seen), [0, 1, 2, 3, 4]);
    const resumed = client.subscribeToStream(s, { fromRevision: 3n });
    assert.deepEqual(numbers(await take(resumed, 1)), [4]);
  },

  async "follows all streams through a filter"() {
    const filter = db.streamNameFilter({ prefixes: [stream("wanted")], checkpointInterval: 1 });
    const subscription = client.subscribeToAll({ fromPosition: db.END, filter });
    await new Promise((confirmed) => subscription.once("confirmation", confirmed));
    await client.appendToStream(stream("noise"), events(0, 40));
    await client.appendToStream(stream("wanted-1"), event(1));
    await client.appendToStream(stream("wanted-2"), event(2));
    assert.deepEqual(numbers(await take(subscription, 2)), [1, 2]);
    const excluded = db.streamNameFilter({ regex: "^(?!(\\$|" + stream("noise") + "))" });
    const from = (await read(client.readStream(stream("wanted-1"))))[0].event.position;
    const others = client.subscribeToAll({ fromPosition: from, filter: excluded });
    assert.deepEqual(numbers(await take(others, 1)), [2]);
  },

  async "shares a stream among a group"() {
    const s = stream("shared");
    await client.appendToStream(s, events(0, 4));
    const settings = db.persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: db.START });
    await client.createPersistentSubscriptionToStream(s, "group", settings);
    await assert.rejects(
      client.createPersistentSubscriptionToStream(s, "group", settings),
      db.PersistentSubscriptionExistsError,
    );
    const group = client.subscribeToPersistentSubscriptionToStream(s, "group");
    const seen = [];
    for await (const resolved of group) {
      const { n } = resolved.event.data;
      seen.push([n, resolved.retryCount ?? 0]);
      if (n === 1 && !resolved.retryCount) await group.nack("retry", "once more", resolved);
      else if (n === 2) await group.nack("park", "cannot", resolved);
      else await group.ack(resolved);
      if (seen.length === 5) break;
    }
    await group.unsubscribe();
    seen.sort();
    assert.deepEqual(seen, [[0, 0], [1, 0], [1, 1], [2, 0], [3, 0]]);
    const info = await client.getPersistentSubscriptionToStreamInfo(s, "group");
    assert.equal(info.groupName, "group");
    await client.replayParkedMessagesToStream(s, "group");
    const again = client.subscribeToPersistentSubscriptionToStream(s, "group");
    for await (const resolved of again) {
      assert.equal((resolved.event ?? resolved.link).data.n, 2);
      await again.ack(resolved);
      break;
    }
    await again.unsubscribe();
    await client.deletePersistentSubscriptionToStream(s, "group");
    await assert.rejects(
      client.deletePersistentSubscriptionToStream(s, "group"),
      db.PersistentSubscriptionDoesNotExistError,
    );
  },

  async "shares all streams among a group"() {
    const filter = db.streamNameFilter({ prefixes: [stream("group-of-all")] });
    const settings = db.persistentSubscriptionToAllSettingsFromDefaults({ startFrom: db.START });
    await client.createPersistentSubscriptionToAll(run, settings, { filter });
    await client.appendToStream(stream("group-of-all"), events(0, 3));
    const group = client.subscribeToPersistentSubscriptionToAll(run);
    const seen = [];
    for await (const resolved of group) {
      seen.push(resolved.event.data.n);
      await group.ack(resolved);
      if (seen.length === 3) break;
    }
    await group.unsubscribe();
    assert.deepEqual(seen, [0, 1, 2]);
    const listed = await client.listAllPersistentSubscriptions();
    assert.ok(listed.some(({ groupName }) => groupName === run));
    await client.deletePersistentSubscriptionToAll(run);
  },
};

for (const [what, play] of Object.entries(plays)) {
  try {
    await play();
    console.log(`held: ${what}`);
  } catch (error) {
    console.error(`failed: ${what}\n${error.stack}`);
    process.exitCode = 1;
  }
}
await client.dispose?.();
process.exit();
