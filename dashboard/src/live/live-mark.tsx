import { Hourglass, WifiOff } from "lucide-react";
import { useEffect, useState } from "react";
import { useSession } from "../session/session.ts";
import { classes } from "../ui/classes.ts";
import styles from "./live-mark.module.css";
import { useLive } from "./status.ts";

const TEXTS = { live: "Live", behind: "Catching up…", lost: "Reconnecting…" };

/** Whether what is shown is what is. */
export function LiveMark() {
  const { state } = useLive();
  return (
    <p className={classes(styles.mark, styles[state])}>
      <span className={styles.dot} aria-hidden="true" />
      {TEXTS[state]}
    </p>
  );
}

const clock = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/** The same where there is no room for words. */
export function LiveDot() {
  const { state } = useLive();
  return (
    <span className={classes(styles.small, styles[state])}>
      <span className={styles.dot} role="img" aria-label={TEXTS[state]} title={TEXTS[state]} />
    </span>
  );
}

/** Says over the page that it is not current, once that lasts longer than a blink. */
export function LostBanner() {
  const { state, heard, notBefore } = useLive();
  const phase = useSession();
  const [shown, show] = useState(false);
  useEffect(() => {
    if (state !== "lost") return show(false);
    const timer = setTimeout(() => show(true), 800);
    return () => clearTimeout(timer);
  }, [state]);
  return (
    <div role="status">
      {/* Who is asked to sign in again knows why nothing goes on. */}
      {shown && phase === "in" && (
        <p className={styles.banner}>
          {notBefore ? <Hourglass size={16} /> : <WifiOff size={16} />}
          {notBefore ? hurried(heard, notBefore) : lost(heard)}
        </p>
      )}
    </div>
  );
}

const lost = (heard: number): string =>
  `Connection lost. What you see is from ${clock.format(heard)}; reconnecting…`;

const hurried = (heard: number, notBefore: number): string =>
  `Too many connections from your network. What you see is from ${clock.format(heard)}; ` +
  `live again after ${clock.format(notBefore)}.`;
