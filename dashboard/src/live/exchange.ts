import { type Exchange, type ExecutionResult, subscriptionExchange } from "@urql/core";
import type { FormattedExecutionResult as Received } from "graphql-ws";
import { position } from "../graphql/position.ts";
import { pause } from "./pause.ts";
import { type FeedState, follow, type Sink, type Step } from "./resume.ts";
import type { Socket } from "./socket.ts";
import { live } from "./status.ts";

/** What every message of a feed may hold. */
interface Message {
  readonly __typename: string;
  readonly cursor?: string;
  readonly position?: string;
  readonly head?: string;
  readonly resumeFrom?: string;
}

type Data = Record<string, Message>;
type Heard = Received<Data, unknown>;

let feeds = 0;

/** Subscriptions that go on where they were, whatever happens to the connection. */
export function liveExchange(socket: Socket): Exchange {
  return subscriptionExchange({
    forwardSubscription: ({ query = "", variables = {} }) => ({
      subscribe(observer) {
        feeds += 1;
        const feed = feeds;
        const catchUp = new CatchUp();
        // One that tells of a single thing has no cursors, and ends when that has happened.
        const resumes = query.includes("$after");
        const stop = follow<Heard>(
          {
            open: (after, sink) =>
              socket.client.subscribe<Data>(
                { query, variables: { ...variables, after } },
                {
                  next(result) {
                    receive(result, sink);
                    if (kindOf(result) === "StreamCaughtUp") observer.next(told(result, true));
                  },
                  error: (error) => sink.lost(error),
                  complete: () => (resumes ? sink.lost(null) : observer.complete()),
                },
              ),
            wait: (attempt) => pause(attempt, socket.notBefore()),
            isFinal,
            onNews(result, isLive) {
              if (!isLive && catchUp.skips(result)) return;
              observer.next(told(result, isLive));
            },
            onUnreadable: () => live.returned(),
            onState(state) {
              if (!resumes) return;
              live.set(feed, state);
              catchUp.state(state);
            },
          },
          (variables.after as string | undefined) ?? null,
        );
        return {
          unsubscribe() {
            stop();
            live.set(feed, null);
          },
        };
      },
    }),
  });

  function receive(result: Heard, sink: Sink<Heard>): void {
    const [message] = Object.values(result.data ?? {});
    if (!message || result.errors) {
      sink.lost(result.errors ?? null);
      return;
    }
    position.saw(message.position ?? message.head);
    sink.next(stepOf(message, result));
  }
}

const told = (result: Heard, isLive: boolean): ExecutionResult => ({
  ...(result as ExecutionResult),
  extensions: { live: isLive },
});

const kindOf = (result: Heard) => Object.values(result.data ?? {})[0]?.__typename;

function stepOf(message: Message, result: Heard): Step<Heard> {
  const { __typename: kind, cursor = "", resumeFrom = "" } = message;
  if (kind === "StreamLagged") return { kind: "lagged", from: resumeFrom };
  if (kind === "StreamCaughtUp") return { kind: "caught-up", cursor };
  if (kind === "StreamUnreadable") return { kind: "unreadable", cursor };
  return { kind: "news", cursor, message: result };
}

/**
 * What was missed of a thing's state is older than what can be asked for now. So the states in
 * between are not shown: once caught up, everything that is shown is asked for again.
 */
class CatchUp {
  private begun = false;

  skips(result: Heard): boolean {
    return kindOf(result) === "AgentTokenChange";
  }

  state(state: FeedState): void {
    if (state !== "live") return;
    if (this.begun) live.returned();
    this.begun = true;
  }
}

/** Refused for good: by an error of the operation, or by a close code that says so. */
function isFinal(error: unknown): boolean {
  if (Array.isArray(error)) return true;
  const code = (error as { code?: number } | null)?.code;
  // What may be seen has changed: ask again for that, too.
  if (code === 4403) live.returned();
  return code === 4403 || code === 4400 || code === 4406;
}
