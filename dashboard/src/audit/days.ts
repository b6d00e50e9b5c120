/** What happened on one day, where the reader is. */
export interface Day {
  /** The first moment of the day. */
  readonly at: number;
  readonly counts: Readonly<Record<string, number>>;
}

/** Counts events by day and type, over the last `length` days up to `now`, empty days included. */
export function byDay(
  events: readonly { readonly type: string; readonly occurredAt: string }[],
  now: number,
  length: number,
): readonly Day[] {
  const counted = new Map<number, Record<string, number>>();
  const today = new Date(now);
  for (let back = length - 1; back >= 0; back -= 1) {
    const at = new Date(today.getFullYear(), today.getMonth(), today.getDate() - back);
    counted.set(at.getTime(), {});
  }
  for (const { type, occurredAt } of events) {
    const day = new Date(occurredAt).setHours(0, 0, 0, 0);
    const counts = counted.get(day);
    if (counts) counts[type] = (counts[type] ?? 0) + 1;
  }
  return [...counted].map(([at, counts]) => ({ at, counts }));
}
