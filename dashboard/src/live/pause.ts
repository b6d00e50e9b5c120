import { session } from "../session/session.ts";

/** Milliseconds before the first try to connect again and, at most, before a later one; a quarter
 * more or less, so that those who lost the same service do not come back as one. */
const FIRST = 200;
const MOST = 4_000;

/** How long to wait before the try after `attempt` that failed; `random` is from 0 to 1. */
export const pauseOf = (attempt: number, random: number): number =>
  Math.min(FIRST * 2 ** attempt, MOST) * (0.75 + random / 2);

/** Calls when there is reason to try at once: a network, somebody who looks, a session. */
export function onHope(listener: () => void): () => void {
  const looked = () => document.visibilityState === "visible" && listener();
  const forget = session.subscribe(() => session.phase() === "in" && listener());
  window.addEventListener("online", listener);
  document.addEventListener("visibilitychange", looked);
  return () => {
    forget();
    window.removeEventListener("online", listener);
    document.removeEventListener("visibilitychange", looked);
  };
}

/** Waits before the next try: ever longer, not before `notBefore`, and no longer than it takes to
 * have a network and a session again. */
export function pause(attempt: number, notBefore: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(go, Math.max(pauseOf(attempt, Math.random()), notBefore - Date.now()));
    const forget = onHope(go);

    function go() {
      // Without them the next of these calls is the one that counts.
      if (!navigator.onLine || session.phase() !== "in" || Date.now() < notBefore) return;
      clearTimeout(timer);
      forget();
      resolve();
    }
  });
}
