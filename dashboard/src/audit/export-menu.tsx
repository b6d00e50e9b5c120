import { Download } from "lucide-react";
import { useState } from "react";
import { useClient } from "urql";
import { useHere } from "../app/viewer.tsx";
import { type AuditFilter, HistoryDocument } from "../graphql/generated.ts";
import { type Trouble, troubleOf } from "../graphql/trouble.ts";
import { TroubleNotice } from "../graphql/trouble-notice.tsx";
import { Button } from "../ui/button.tsx";
import { Menu, MenuItem } from "../ui/menu.tsx";
import { type Format, heading, line } from "./export.ts";

/** All events that match, as a file. */
export function Export({ filter }: { readonly filter: AuditFilter }) {
  const { unless, workspace } = useHere();
  const client = useClient();
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const why = unless("audit:export");

  const take = async (format: Format) => {
    setBusy(true);
    setTrouble(null);
    const lines = [heading(format)];
    let after: string | null = null;
    for (;;) {
      const variables: { first: number; after: string | null; filter: AuditFilter } = {
        first: 100,
        after,
        filter,
      };
      const { data, error } = await client
        .query(HistoryDocument, variables, { requestPolicy: "network-only" })
        .toPromise();
      if (error || !data) {
        setTrouble(error ? troubleOf(error) : { kind: "fault", request: null });
        setBusy(false);
        return;
      }
      for (const entry of data.auditEvents.nodes) lines.push(line(entry, format));
      const { hasNextPage, endCursor } = data.auditEvents.pageInfo;
      if (!hasNextPage || !endCursor) break;
      after = endCursor;
    }
    save(lines, `keyledger-${workspace.id}.${format}`);
    setBusy(false);
  };

  if (why) return <Button unavailable={why}>Export</Button>;
  return (
    <>
      <Menu
        trigger={
          <Button busy={busy}>
            <Download size={16} aria-hidden="true" />
            Export
          </Button>
        }
      >
        <MenuItem onSelect={() => void take("ndjson")}>As NDJSON</MenuItem>
        <MenuItem onSelect={() => void take("csv")}>As CSV</MenuItem>
      </Menu>
      {trouble && <TroubleNotice trouble={trouble} />}
    </>
  );
}

function save(lines: string[], name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(lines, { type: "text/plain;charset=utf-8" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
