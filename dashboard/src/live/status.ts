import { useSyncExternalStore } from "react";
import type { FeedState } from "./resume.ts";

/** How current the page is, over all that it follows. */
export interface LiveStatus {
  readonly state: "live" | "behind" | "lost";
  /** When it was last known to be current. */
  readonly heard: number;
  /** When the service lets us connect again, where it said that we come too often. */
  readonly notBefore: number | null;
}

const feeds = new Map<number, FeedState>();
const listeners = new Set<() => void>();
const returns = new Set<() => void>();
let status: LiveStatus = { state: "live", heard: Date.now(), notBefore: null };

function overall(): LiveStatus["state"] {
  const states = [...feeds.values()];
  if (states.includes("lost")) return "lost";
  return states.some((state) => state === "connecting" || state === "behind") ? "behind" : "live";
}

function changed(): void {
  const state = overall();
  // Lost, it stays at the moment when it was current.
  const heard = status.state === "live" || state === "live" ? Date.now() : status.heard;
  if (state === status.state) return;
  become({ ...status, state, heard });
}

function become(next: LiveStatus): void {
  status = next;
  for (const listener of listeners) listener();
}

export const live = {
  /** A feed tells how it is; without a state it is over. */
  set(feed: number, state: FeedState | null): void {
    if (state === null) feeds.delete(feed);
    else feeds.set(feed, state);
    changed();
  },
  putOff(notBefore: number | null): void {
    if (notBefore !== status.notBefore) become({ ...status, notBefore });
  },
  /** Something was missed: whoever shows something asks for it again. */
  returned(): void {
    for (const listener of returns) listener();
  },
  onReturn(listener: () => void): () => void {
    returns.add(listener);
    return () => returns.delete(listener);
  },
};

export const useLive = (): LiveStatus =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => status,
  );
