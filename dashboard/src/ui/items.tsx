import type { ReactNode } from "react";
import styles from "./items.module.css";

interface ItemsProps {
  readonly label: string;
  readonly busy?: boolean;
  readonly children: ReactNode;
}

/** A list of things that have little in common but their kind. */
export function Items({ label, busy, children }: ItemsProps) {
  return (
    <ul className={styles.items} aria-label={label} aria-busy={busy || undefined}>
      {children}
    </ul>
  );
}

interface ItemProps {
  readonly icon: ReactNode;
  readonly title: ReactNode;
  readonly actions?: ReactNode;
  readonly children?: ReactNode;
}

export function Item({ icon, title, actions, children }: ItemProps) {
  return (
    <li className={styles.item}>
      <span className={styles.icon} aria-hidden="true">
        {icon}
      </span>
      <span className={styles.text}>
        <span className={styles.title}>{title}</span>
        {children && <span className={styles.more}>{children}</span>}
      </span>
      {actions && <span className={styles.actions}>{actions}</span>}
    </li>
  );
}
