import { type ReactNode, useEffect } from "react";
import { Logo } from "../app/logo.tsx";
import styles from "./sign-in.module.css";

/** What is shown to somebody who is not signed in. */
export function Screen({
  title,
  text,
  other,
  children,
}: {
  readonly title: string;
  readonly text: ReactNode;
  /** The way to the other such page. */
  readonly other?: ReactNode;
  readonly children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Keyledger`;
  }, [title]);
  return (
    <main className={styles.screen}>
      <div className={styles.box}>
        <div className={styles.brand}>
          <Logo />
          Keyledger
        </div>
        <div className={styles.panel}>
          <header>
            <h1 className={styles.title}>{title}</h1>
            <p className={styles.text}>{text}</p>
          </header>
          {children}
        </div>
        {other && <p className={styles.other}>{other}</p>}
      </div>
    </main>
  );
}
