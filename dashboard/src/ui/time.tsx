import { distance, formatDay, formatMoment, useNow } from "./clock.ts";

interface TimeProps {
  /** RFC 3339. */
  readonly at: string;
  /** `distance`: how long ago; `day`: the date; `moment`: to the second. */
  readonly as?: "distance" | "day" | "moment";
}

/** A time in the reader's own zone; the exact one shows on hover and to machines. */
export function Time({ at, as = "distance" }: TimeProps) {
  const now = useNow();
  const text =
    as === "distance"
      ? distance(Date.parse(at), now)
      : as === "day"
        ? formatDay(at)
        : formatMoment(at);
  return (
    <time dateTime={at} title={formatMoment(at)}>
      {text}
    </time>
  );
}
