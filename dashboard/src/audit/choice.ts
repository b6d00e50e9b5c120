import type { AuditFilter, EntryFragment } from "../graphql/generated.ts";

/** What is to be seen of the history, as somebody chose it. */
export interface Choice {
  readonly type: string;
  readonly actor: string;
  readonly stream: string;
  readonly from: string;
  readonly to: string;
}

export const ALL: Choice = { type: "", actor: "", stream: "", from: "", to: "" };

/** What the service is asked for; a day means all of it, where the reader is. */
export function filterOf({ type, actor, stream, from, to }: Choice): AuditFilter {
  const after = to && new Date(new Date(`${to}T00:00`).getTime() + 86_400_000).toISOString();
  return {
    ...(type && { types: [type] }),
    ...(actor && { actorId: actor }),
    ...(stream.trim() && { streams: [stream.trim()] }),
    ...(from && { from: new Date(`${from}T00:00`).toISOString() }),
    ...(after && { to: after }),
  };
}

/** Whether the service would answer with this event; it has the last word when it is asked. */
export function matches(entry: EntryFragment, filter: AuditFilter): boolean {
  const { types, actorId, streams, from, to } = filter;
  const at = Date.parse(entry.occurredAt);
  return (
    (!types || types.includes(entry.type)) &&
    (!actorId || actorId === entry.actor.id) &&
    (!streams || streams.includes(entry.stream)) &&
    (!from || at >= Date.parse(from)) &&
    (!to || at < Date.parse(to))
  );
}
