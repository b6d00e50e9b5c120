import { useState } from "react";
import type { AgentTokenOrderField, AgentTokenStatus } from "../graphql/generated.ts";
import type { Sorting } from "../ui/table.tsx";

export const PAGE = 20;

export interface Choice {
  readonly name: string;
  readonly status: AgentTokenStatus | "ANY";
  readonly unusedDays: number;
}

export const ALL: Choice = { name: "", status: "ANY", unusedDays: 0 };

const DAY = 86_400_000;

/** What is listed: filters, order and page. A change of the first two begins at the first page. */
export function useListing() {
  const [choice, setChoice] = useState(ALL);
  const [sorting, setSorting] = useState<Sorting<AgentTokenOrderField>>({
    by: "CREATED_AT",
    descending: true,
  });
  // The cursors of the pages that lie before this one.
  const [behind, setBehind] = useState<readonly string[]>([]);
  const [since] = useState(Date.now);

  const narrow = (more: Partial<Choice>) => {
    setBehind([]);
    setChoice((before) => ({ ...before, ...more }));
  };
  const sort = (by: AgentTokenOrderField) => {
    setBehind([]);
    // Names read from A; times are looked at from the newest.
    setSorting((before) => ({
      by,
      descending: before.by === by ? !before.descending : by !== "NAME",
    }));
  };
  const { name, status, unusedDays } = choice;
  return {
    choice,
    narrow,
    reset: () => narrow(ALL),
    narrowed: name !== "" || status !== "ANY" || unusedDays > 0,
    sorting,
    sort,
    page: behind.length,
    forward: (cursor: string) => setBehind([...behind, cursor]),
    back: () => setBehind(behind.slice(0, -1)),
    variables: {
      first: PAGE,
      after: behind.at(-1) ?? null,
      order: {
        field: sorting.by,
        direction: sorting.descending ? ("DESC" as const) : ("ASC" as const),
      },
      filter: {
        ...(status !== "ANY" && { status: [status] }),
        ...(name.trim() && { nameContains: name.trim() }),
        ...(unusedDays > 0 && { unusedSince: new Date(since - unusedDays * DAY).toISOString() }),
      },
    },
  };
}
