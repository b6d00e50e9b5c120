import { useState } from "react";
import { type EntryFragment, HistoryDocument } from "../graphql/generated.ts";
import { TroubleNotice } from "../graphql/trouble-notice.tsx";
import { useRead } from "../graphql/use-read.ts";
import { Card } from "../ui/bits.tsx";
import { formatDay } from "../ui/clock.ts";
import { byDay } from "./days.ts";
import styles from "./history.module.css";
import { newest } from "./newest.ts";

const DAYS = 30;
const MOST = 100;
const SERIES = [
  ["agent_token.created", "Issued", "var(--chart-1)"],
  ["agent_token.usage_observed", "Used", "var(--chart-2)"],
  ["agent_token.revoked", "Revoked", "var(--chart-3)"],
] as const;

/** Tokens issued, used and revoked, by day. */
export function Chart({ fresh }: { readonly fresh: readonly EntryFragment[] }) {
  const [now] = useState(Date.now);
  const filter = { types: SERIES.map(([type]) => type) };
  const read = useRead(HistoryDocument, { last: MOST, filter });
  const page = read.data?.auditEvents;
  const drawn = fresh.filter(({ type }) => filter.types.some((it) => it === type));
  const days = byDay(newest(page?.nodes, drawn) ?? [], now, DAYS);
  const most = Math.max(1, ...days.flatMap(({ counts }) => Object.values(counts)));
  const total = (type: string) => days.reduce((sum, { counts }) => sum + (counts[type] ?? 0), 0);
  const [first, last] = [days[0]?.at ?? now, days.at(-1)?.at ?? now];
  const told = SERIES.map(([type, name]) => `${name.toLowerCase()} ${total(type)}`).join(", ");
  return (
    <Card title={`Tokens over ${DAYS} days`} padded>
      {read.trouble && <TroubleNotice trouble={read.trouble} onRetry={read.again} />}
      <p className={styles.legend}>
        {SERIES.map(([type, name, color]) => (
          <span key={type}>
            <i style={{ background: color }} aria-hidden="true" />
            {name} <span className={styles.count}>{page ? total(type) : ""}</span>
          </span>
        ))}
        {page?.pageInfo.hasPreviousPage && <span>of the last {MOST} events</span>}
      </p>
      <svg
        className={styles.chart}
        viewBox={`0 0 ${DAYS * 12} 100`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`From ${formatDay(first)} to ${formatDay(last)}: ${told}.`}
      >
        {days.map(({ at, counts }, day) =>
          SERIES.map(([type, name, color], series) => {
            const height = ((counts[type] ?? 0) / most) * 96;
            return (
              <rect
                key={`${at}${type}`}
                x={day * 12 + 1 + series * 3.3}
                y={99 - height}
                width={2.8}
                height={height}
                fill={color}
              >
                <title>{`${formatDay(at)}: ${counts[type] ?? 0} ${name.toLowerCase()}`}</title>
              </rect>
            );
          }),
        )}
        <rect x="0" y="99" width={DAYS * 12} height="1" fill="var(--line-strong)" />
      </svg>
      <p className={styles.axis} aria-hidden="true">
        <span>{formatDay(first)}</span>
        <span>{formatDay(last)}</span>
      </p>
    </Card>
  );
}
