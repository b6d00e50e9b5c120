import { useSyncExternalStore } from "react";

/**
 * Whether somebody is signed in, as far as this page knows. The cookie that says so cannot be read
 * by scripts: the service tells us in the page, and by refusing us.
 */
export type Phase = "in" | "out" | "expired";

let phase: Phase = "out";
/** The service has answered us as somebody: until then, that somebody is in is the page's guess. */
let met = false;
const listeners = new Set<() => void>();
const tabs = new BroadcastChannel("keyledger-session");

tabs.onmessage = ({ data }: MessageEvent<"signed-in" | "signed-out">) => {
  if (data === "signed-out" && phase !== "out") leave();
  else if (data === "signed-in" && phase !== "in") become("in");
};

function become(next: Phase): void {
  if (phase === next) return;
  phase = next;
  for (const listener of listeners) listener();
}

/** A new page holds nothing of who was here. */
function leave(): void {
  location.assign("/sign-in");
}

export const session = {
  begin(signedIn: boolean): void {
    phase = signedIn ? "in" : "out";
  },
  answered(): void {
    met = true;
  },
  /**
   * The service does not know us any more. What is typed stays; a dialog asks to sign in. Where it
   * never did, there is nothing to keep.
   */
  expired(): void {
    if (phase === "in") become(met ? "expired" : "out");
  },
  signedIn(): void {
    become("in");
    tabs.postMessage("signed-in");
  },
  async signOut(): Promise<void> {
    await fetch("/logout", { method: "POST", credentials: "same-origin" });
    tabs.postMessage("signed-out");
    leave();
  },
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  phase: (): Phase => phase,
};

export const useSession = (): Phase => useSyncExternalStore(session.subscribe, session.phase);
