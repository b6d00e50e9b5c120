import { useEffect, useState } from "react";
import { InlineInput, InlineSelect } from "../ui/field.tsx";
import type { Choice } from "./listing.ts";
import styles from "./tokens.module.css";

const STATUSES: readonly (readonly [Choice["status"], string])[] = [
  ["ANY", "Any status"],
  ["ACTIVE", "Active"],
  ["SUSPENDED", "Suspended"],
  ["EXPIRED", "Expired"],
  ["REVOKED", "Revoked"],
];

const UNUSED = [
  [0, "Used or not"],
  [7, "Unused for 7 days"],
  [30, "Unused for 30 days"],
  [90, "Unused for 90 days"],
] as const;

interface FiltersProps {
  readonly choice: Choice;
  readonly onNarrow: (more: Partial<Choice>) => void;
}

export function Filters({ choice, onNarrow }: FiltersProps) {
  const [name, setName] = useState(choice.name);
  useEffect(() => setName(choice.name), [choice.name]);
  // Asked for once the typing pauses.
  useEffect(() => {
    if (name === choice.name) return;
    const timer = setTimeout(() => onNarrow({ name }), 250);
    return () => clearTimeout(timer);
  }, [name, choice.name, onNarrow]);
  return (
    <search className={styles.filters}>
      <InlineInput
        label="Search by name"
        className={styles.search}
        type="search"
        placeholder="Search by name"
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <InlineSelect
        label="Status"
        className={styles.pick}
        value={choice.status}
        onChange={(event) => onNarrow({ status: event.target.value as Choice["status"] })}
      >
        {STATUSES.map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </InlineSelect>
      <InlineSelect
        label="Use"
        className={styles.pick}
        value={choice.unusedDays}
        onChange={(event) => onNarrow({ unusedDays: Number(event.target.value) })}
      >
        {UNUSED.map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </InlineSelect>
    </search>
  );
}
