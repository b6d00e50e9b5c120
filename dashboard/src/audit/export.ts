import type { EntryFragment } from "../graphql/generated.ts";

export type Format = "ndjson" | "csv";

const COLUMNS = [
  ["id", (entry) => entry.id],
  ["occurred_at", (entry) => entry.occurredAt],
  ["type", (entry) => entry.type],
  ["stream", (entry) => entry.stream],
  ["revision", (entry) => String(entry.revision)],
  ["actor_kind", (entry) => entry.actor.kind],
  ["actor_id", (entry) => entry.actor.id],
  ["actor", (entry) => entry.actor.label ?? ""],
  ["correlation_id", (entry) => entry.correlationId],
  ["client_ip", (entry) => entry.clientIp ?? ""],
  ["user_agent", (entry) => entry.userAgent ?? ""],
  ["data", (entry) => entry.data],
] as const satisfies readonly (readonly [string, (entry: EntryFragment) => string])[];

/** The first line, where a format has one. */
export const heading = (format: Format): string =>
  format === "csv" ? `${COLUMNS.map(([name]) => name).join(",")}\r\n` : "";

/** One event as a line. */
export function line(entry: EntryFragment, format: Format): string {
  if (format === "csv") return `${COLUMNS.map(([, read]) => cell(read(entry))).join(",")}\r\n`;
  const { data, cursor: _, ...rest } = entry;
  return `${JSON.stringify({ ...rest, data: JSON.parse(data) as unknown })}\n`;
}

/** A cell (RFC 4180), which no spreadsheet takes for a formula: what people typed may stand in it. */
export function cell(text: string): string {
  const inert = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
