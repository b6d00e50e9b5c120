import { CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import styles from "./bits.module.css";
import { classes } from "./classes.ts";

export type Tone = "neutral" | "accent" | "success" | "warning" | "danger";

export function Badge({
  tone,
  plain = false,
  children,
}: {
  readonly tone: Tone;
  /** What it says is no state, so it has no light. */
  readonly plain?: boolean;
  readonly children: ReactNode;
}) {
  const looks = [styles.badge, styles[tone], !plain && styles.lit];
  return <span className={classes(...looks)}>{children}</span>;
}

const NOTICE_ICONS = {
  neutral: Info,
  success: CircleCheck,
  warning: TriangleAlert,
  danger: CircleAlert,
};

/** Something to know, in its place, and what to do about it. */
export function Notice({
  tone,
  title,
  children,
  actions,
}: {
  readonly tone: keyof typeof NOTICE_ICONS;
  readonly title?: string;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
}) {
  const Icon = NOTICE_ICONS[tone];
  return (
    <div
      className={classes(styles.notice, styles[tone])}
      role={tone === "danger" ? "alert" : "note"}
    >
      <Icon size={18} aria-hidden="true" />
      <div className={styles.noticeBody}>
        {title && <p className={styles.noticeTitle}>{title}</p>}
        {children && <div className={styles.noticeText}>{children}</div>}
        {actions && <div className={styles.noticeActions}>{actions}</div>}
      </div>
    </div>
  );
}

/** Where there is nothing to show: what would be here, and how to get it. */
export function Empty({
  icon,
  tone = "plain",
  title,
  children,
  actions,
}: {
  readonly icon: ReactNode;
  readonly tone?: "plain" | "success";
  readonly title: ReactNode;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
}) {
  return (
    <div className={styles.empty}>
      <span className={classes(styles.emptyIcon, styles[tone])} aria-hidden="true">
        {icon}
      </span>
      <h2 className={styles.emptyTitle}>{title}</h2>
      {children && <div className={styles.emptyText}>{children}</div>}
      {actions && <div className={styles.emptyActions}>{actions}</div>}
    </div>
  );
}

export function Card({
  title,
  actions,
  padded = false,
  children,
}: {
  readonly title?: string;
  readonly actions?: ReactNode;
  readonly padded?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <section className={styles.card} {...(title && { "aria-label": title })}>
      {title && (
        <div className={styles.cardHead}>
          <h2 className={styles.cardTitle}>{title}</h2>
          {actions}
        </div>
      )}
      {padded ? <div className={styles.cardPadded}>{children}</div> : children}
    </section>
  );
}

/** What the document is called before any page is shown. */
const SITE = document.title;

/** A page: what it is called, what it is for, what can be done. */
export function Page({
  title,
  text,
  actions,
  children,
}: {
  readonly title: string;
  readonly text?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · ${SITE}`;
  }, [title]);
  return (
    <div className={styles.page}>
      <header className={styles.pageHead}>
        <div>
          <h1 className={styles.pageTitle}>{title}</h1>
          {text && <p className={styles.pageText}>{text}</p>}
        </div>
        {actions && <div className={styles.pageActions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** Holds the place of a text that is on its way. */
export function Skeleton({ width }: { readonly width: number | string }) {
  return <span className={styles.skeleton} style={{ width }} aria-hidden="true" />;
}

/** Names and what they are. */
export function Facts({ of }: { readonly of: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={styles.facts}>
      {of.map(([name, value]) => (
        <div key={name} style={{ display: "contents" }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
