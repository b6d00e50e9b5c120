const DAY = 86_400;
const UNITS: readonly (readonly [string, number])[] = [
  ["day", DAY],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** A time in the largest unit that says it exactly. */
export function lifeOf(seconds: number): string {
  const [unit = "second", length = 1] = UNITS.find(([, length]) => seconds % length === 0) ?? [];
  const count = seconds / length;
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** The longest lives to choose from, in seconds; another one that is set already is among them. */
export function lives(set: number | null): readonly number[] {
  const usual = [1, 7, 30, 90, 365].map((days) => days * DAY);
  return set === null || usual.includes(set)
    ? usual
    : [...usual, set].toSorted((one, other) => one - other);
}
