import type { EntryFragment } from "../graphql/generated.ts";

/** What was read and what happened since, each once, the newest first. */
export function newest(
  read: readonly EntryFragment[] | undefined,
  fresh: readonly EntryFragment[],
): readonly EntryFragment[] | undefined {
  if (!read) return undefined;
  const known = new Set(read.map(({ id }) => id));
  return [...fresh.filter(({ id }) => !known.has(id)), ...read.toReversed()];
}
