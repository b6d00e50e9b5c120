import { expect, test } from "vitest";
import { type FeedState, follow, type Sink } from "./resume.ts";

/** A feed whose connection the test holds in its hands. */
function stage(from: string | null = null) {
  const opened: (string | null)[] = [];
  const news: string[] = [];
  const states: FeedState[] = [];
  const unreadable: string[] = [];
  let sink: Sink<string> | null = null;
  const sinks: Sink<string>[] = [];
  const waits: (() => void)[] = [];
  const stop = follow<string>(
    {
      open(after, given) {
        opened.push(after);
        sink = given;
        sinks.push(given);
        return () => {};
      },
      wait: () => new Promise((resolve) => waits.push(resolve)),
      isFinal: (error) => error === "forbidden",
      onNews: (message, live) => news.push(live ? message : `${message} (missed)`),
      onUnreadable: () => unreadable.push("ask again"),
      onState: (state) => states.push(state),
    },
    from,
  );
  const now = () => {
    if (!sink) throw new Error("it was not opened");
    return sink;
  };
  return {
    opened,
    news,
    states,
    unreadable,
    stop,
    sinks,
    happens: (cursor: string) => now().next({ kind: "news", cursor, message: cursor }),
    catchesUp: (cursor: string) => now().next({ kind: "caught-up", cursor }),
    cannotBeRead: (cursor: string) => now().next({ kind: "unreadable", cursor }),
    lags: (cursor: string) => now().next({ kind: "lagged", from: cursor }),
    breaks: (error: unknown = "network") => now().lost(error),
    async returns() {
      waits.shift()?.();
      await Promise.resolve();
      await Promise.resolve();
    },
  };
}

test("it goes on after the last it was told, and tells what was missed, in order, once", async () => {
  const feed = stage();
  feed.catchesUp("c0");
  feed.happens("c1");
  feed.breaks();
  await feed.returns();
  feed.happens("c2");
  feed.happens("c3");
  feed.catchesUp("c3");
  feed.happens("c4");
  expect(feed.opened).toEqual([null, "c1"]);
  expect(feed.news).toEqual(["c1", "c2 (missed)", "c3 (missed)", "c4"]);
});

test("where nothing had happened yet it goes on from where it began", async () => {
  const feed = stage();
  feed.catchesUp("c0");
  feed.breaks();
  await feed.returns();
  expect(feed.opened).toEqual([null, "c0"]);
});

test("what comes twice is told once", async () => {
  const feed = stage("c0");
  feed.happens("c1");
  feed.breaks();
  await feed.returns();
  feed.happens("c1");
  feed.happens("c2");
  expect(feed.news).toEqual(["c1 (missed)", "c2 (missed)"]);
});

test("what was dropped because we were slow is asked for again at once", () => {
  const feed = stage();
  feed.catchesUp("c0");
  feed.happens("c1");
  feed.lags("c1");
  feed.happens("c2");
  expect(feed.opened).toEqual([null, "c1"]);
  expect(feed.news).toEqual(["c1", "c2 (missed)"]);
});

test("what cannot be read is passed once, and said", async () => {
  const feed = stage();
  feed.catchesUp("c0");
  feed.cannotBeRead("c1");
  feed.breaks();
  await feed.returns();
  expect(feed.opened).toEqual([null, "c1"]);
  expect(feed.unreadable).toEqual(["ask again"]);
  expect(feed.news).toEqual([]);
});

test("a connection that was left says nothing more", async () => {
  const feed = stage();
  feed.breaks();
  await feed.returns();
  feed.sinks[0]?.next({ kind: "news", cursor: "old", message: "old" });
  feed.sinks[0]?.lost("again");
  expect(feed.news).toEqual([]);
  expect(feed.opened).toHaveLength(2);
});

test("where we may not listen any more we do not come back", () => {
  const feed = stage();
  feed.breaks("forbidden");
  expect(feed.states.at(-1)).toBe("ended");
  expect(feed.opened).toHaveLength(1);
});

test("stopped, it neither tells nor returns", async () => {
  const feed = stage();
  feed.breaks();
  feed.stop();
  await feed.returns();
  feed.happens("c1");
  expect(feed.opened).toHaveLength(1);
  expect(feed.news).toEqual([]);
});
