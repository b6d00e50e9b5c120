import { useEffect, useState } from "react";
import { useClient } from "urql";
import { useHere } from "../app/viewer.tsx";
import { type EntryFragment, HistoryChangesDocument } from "../graphql/generated.ts";

/** What happened since the page was opened, the newest first; as much of it as anyone reads. */
const MOST = 100;

/** Events as they happen; all of them, for whoever follows the history is noted each time. */
export function useLiveEvents(): readonly EntryFragment[] {
  const client = useClient();
  const { user } = useHere();
  const [events, setEvents] = useState<readonly EntryFragment[]>([]);
  useEffect(() => {
    setEvents([]);
    const feed = client.subscription(HistoryChangesDocument, { filter: {} });
    return feed.subscribe(({ data }) => {
      const message = data?.auditEvents;
      if (message?.__typename !== "AuditEvent") return;
      // One's own looking is no news: it would push down what one looks at.
      if (message.type === "audit.read" && message.actor.id === user.id) return;
      setEvents((before) => [message, ...before].slice(0, MOST));
    }).unsubscribe;
  }, [client, user.id]);
  return events;
}
