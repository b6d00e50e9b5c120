import { type Exchange, makeOperation, type Operation, stringifyDocument } from "@urql/core";
import { pipe, tap } from "wonka";
import { live } from "../live/status.ts";

/** How often what stands in a field changed, as far as this page knows. */
const changes = new Map<string, number>();
/** How often anything may have changed, unheard. */
let gaps = 0;
live.onReturn(() => {
  gaps += 1;
});

/** What stands in these fields is not what it was. */
export function changedIn(fields: readonly string[]): void {
  for (const field of fields) changes.set(field, (changes.get(field) ?? 0) + 1);
}

function changesOf(operation: Operation): number {
  const text = stringifyDocument(operation.query);
  let sum = gaps;
  for (const [field, count] of changes) if (text.includes(field)) sum += count;
  return sum;
}

/**
 * An answer that was on its way when something in it changed may be older than that, and whoever
 * asked for it again meanwhile was not heard: one question of a kind is asked at a time. So it is
 * asked for once more.
 */
export const outdatedExchange: Exchange =
  ({ client, forward }) =>
  (operations$) => {
    const asked = new WeakMap<Operation, number>();
    return pipe(
      operations$,
      tap((operation) => {
        if (operation.kind === "query") asked.set(operation, changesOf(operation));
      }),
      forward,
      tap(({ operation }) => {
        const before = asked.get(operation);
        if (before === undefined || before === changesOf(operation)) return;
        const context = { ...operation.context, requestPolicy: "network-only" as const };
        // Once this answer is where it belongs.
        queueMicrotask(() => client.reexecuteOperation(makeOperation("query", operation, context)));
      }),
    );
  };
