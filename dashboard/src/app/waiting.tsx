import type { ReactNode } from "react";
import { Skeleton } from "../ui/bits.tsx";
import { classes } from "../ui/classes.ts";
import { Logo } from "./logo.tsx";
import styles from "./shell.module.css";

/** The outline of the page while it is not known who is here, or why it cannot be told. */
export function Waiting({ children }: { readonly children?: ReactNode }) {
  return (
    <div className={styles.shell} aria-busy={!children}>
      <aside className={styles.side}>
        <span className={styles.brand}>
          <Logo />
          Keyledger
        </span>
        {!children && (
          <span className={classes(styles.pick, styles.boxed)}>
            <Skeleton width="100%" />
          </span>
        )}
      </aside>
      <header className={styles.bar}>
        <span className={styles.brand}>
          <Logo />
          Keyledger
        </span>
      </header>
      <main className={styles.main}>
        <div className={styles.content}>{children}</div>
      </main>
    </div>
  );
}
