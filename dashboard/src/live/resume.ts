/**
 * Following a feed over a connection that comes and goes: what was missed is told on return, in
 * order, once. Knows neither sockets nor GraphQL.
 */

/** A message, as far as following needs to understand it. */
export type Step<M> =
  /** Something happened; `cursor` is where to go on after it. */
  | { readonly kind: "news"; readonly cursor: string; readonly message: M }
  /** What came before was the past. */
  | { readonly kind: "caught-up"; readonly cursor: string }
  /** Something that cannot be read, so that nobody knows what it changed. */
  | { readonly kind: "unreadable"; readonly cursor: string }
  /** Some were dropped; they are told again from this cursor on. */
  | { readonly kind: "lagged"; readonly from: string };

export interface Sink<M> {
  next(step: Step<M>): void;
  /** The connection is gone. */
  lost(error: unknown): void;
}

export interface Following<M> {
  /** Begins after the cursor, or now; returns how to stop. */
  readonly open: (after: string | null, sink: Sink<M>) => () => void;
  /** Waits before the next attempt; resolves early when there is reason to hope. */
  readonly wait: (attempt: number) => Promise<void>;
  /** Whether it is of no use to try again. */
  readonly isFinal: (error: unknown) => boolean;
  readonly onNews: (message: M, live: boolean) => void;
  /** What is shown may not be what is. */
  readonly onUnreadable: () => void;
  readonly onState: (state: FeedState) => void;
}

/** `behind`: connected, and the past is still being told. */
export type FeedState = "connecting" | "behind" | "live" | "lost" | "ended";

/** Follows until it is told to stop. */
export function follow<M>(feed: Following<M>, from: string | null = null): () => void {
  let cursor = from;
  let attempt = 0;
  let stopped = false;
  let close = () => {};
  // The last cursors told: a message that comes twice is told once.
  const told = new Set<string>();

  const tell = (at: string, message: M, live: boolean) => {
    cursor = at;
    if (told.has(at)) return;
    told.add(at);
    const [oldest] = told;
    if (told.size > 512 && oldest !== undefined) told.delete(oldest);
    feed.onNews(message, live);
  };

  const begin = () => {
    let live = false;
    let over = false;
    feed.onState(attempt === 0 ? "connecting" : "lost");
    // Nothing of an earlier connection is listened to any more.
    const leave = () => {
      over = true;
      close();
    };
    close = feed.open(cursor, {
      next(step) {
        if (over || stopped) return;
        attempt = 0;
        switch (step.kind) {
          case "news":
            if (!live) feed.onState("behind");
            tell(step.cursor, step.message, live);
            break;
          case "caught-up":
            cursor = step.cursor;
            live = true;
            feed.onState("live");
            break;
          case "unreadable":
            cursor = step.cursor;
            feed.onUnreadable();
            break;
          case "lagged":
            cursor = step.from;
            leave();
            begin();
            break;
        }
      },
      lost(error) {
        if (over || stopped) return;
        over = true;
        if (feed.isFinal(error)) {
          feed.onState("ended");
          return;
        }
        feed.onState("lost");
        void feed.wait(attempt).then(() => {
          if (!stopped) begin();
        });
        attempt += 1;
      },
    });
  };

  begin();
  return () => {
    stopped = true;
    close();
  };
}
