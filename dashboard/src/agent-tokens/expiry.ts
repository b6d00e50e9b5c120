/** How long a new token is to last. */
export type Lifetime = "never" | "7" | "30" | "90" | "365" | "date";

export const LIFETIMES: readonly (readonly [Lifetime, string])[] = [
  ["30", "30 days"],
  ["7", "7 days"],
  ["90", "90 days"],
  ["365", "A year"],
  ["date", "Until a date"],
  ["never", "No expiry"],
];

const DAY = 86_400_000;

/** The moment a token ends; null for never; undefined where no date was chosen yet.
 *
 * A date means the end of that day, where the reader is. */
export function expiryOf(lifetime: Lifetime, date: string, now: number): string | null | undefined {
  switch (lifetime) {
    case "never":
      return null;
    case "date": {
      const end = date ? new Date(`${date}T23:59:59.999`).getTime() : Number.NaN;
      return Number.isNaN(end) ? undefined : new Date(end).toISOString();
    }
    default:
      return new Date(now + Number(lifetime) * DAY).toISOString();
  }
}

/** The day of a moment, as a date input writes it, where the reader is. */
export function dayOf(at: number): string {
  const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 10);
}
