import { WifiOff } from "lucide-react";
import { useEffect, useState } from "react";
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

/** Says over the page that it is not current, once that lasts longer than a blink. */
export function LostBanner() {
  const { state, heard } = useLive();
  const [shown, show] = useState(false);
  useEffect(() => {
    if (state !== "lost") return show(false);
    const timer = setTimeout(() => show(true), 800);
    return () => clearTimeout(timer);
  }, [state]);
  return (
    <div role="status">
      {shown && (
        <p className={styles.banner}>
          <WifiOff size={16} aria-hidden="true" />
          Connection lost. What you see is from {clock.format(heard)}; reconnecting…
        </p>
      )}
    </div>
  );
}
