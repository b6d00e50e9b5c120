import { Download, History } from "lucide-react";
import { useState } from "react";
import { useClient } from "urql";
import { useHere } from "../app/viewer.tsx";
import {
  type AuditFilter,
  type EntryFragment,
  HistoryDocument,
  MembersDocument,
} from "../graphql/generated.ts";
import { spoken } from "../graphql/spoken.ts";
import { type Trouble, troubleOf } from "../graphql/trouble.ts";
import { TroubleNotice } from "../graphql/trouble-notice.tsx";
import { useRead } from "../graphql/use-read.ts";
import { LiveMark } from "../live/live-mark.tsx";
import { Card, Empty, Page, Skeleton } from "../ui/bits.tsx";
import { Button } from "../ui/button.tsx";
import { classes } from "../ui/classes.ts";
import { InlineInput, InlineSelect } from "../ui/field.tsx";
import { Menu, MenuItem } from "../ui/menu.tsx";
import { Pager } from "../ui/table.tsx";
import { Chart } from "./chart.tsx";
import { Event } from "./event.tsx";
import { type Format, heading, line } from "./export.ts";
import styles from "./history.module.css";
import { Then } from "./then.tsx";
import { useLiveEvents } from "./use-live-events.ts";
import { words } from "./words.ts";

const PAGE = 25;
const TYPES = [
  "agent_token.created",
  "agent_token.renamed",
  "agent_token.rotated",
  "agent_token.revoked",
  "agent_token.usage_observed",
  "member.added",
  "member.role_changed",
  "member.removed",
  "workspace.created",
  "workspace.plan_changed",
  "audit.read",
];

interface Choice {
  readonly type: string;
  readonly actor: string;
  readonly stream: string;
  readonly from: string;
  readonly to: string;
}

const ALL: Choice = { type: "", actor: "", stream: "", from: "", to: "" };

/** What the service is asked for; a day means all of it, where the reader is. */
function filterOf({ type, actor, stream, from, to }: Choice): AuditFilter {
  const after = to && new Date(new Date(`${to}T00:00`).getTime() + 86_400_000).toISOString();
  return {
    ...(type && { types: [type] }),
    ...(actor && { actorId: actor }),
    ...(stream.trim() && { streams: [stream.trim()] }),
    ...(from && { from: new Date(`${from}T00:00`).toISOString() }),
    ...(after && { to: after }),
  };
}

export default function HistoryPage() {
  const [choice, setChoice] = useState(ALL);
  const [ahead, setAhead] = useState<readonly string[]>([]);
  const filter = filterOf(choice);
  const before = ahead.at(-1) ?? null;
  const read = useRead(HistoryDocument, { last: PAGE, before, filter });
  const page = read.data?.auditEvents;
  const fresh = useLiveEvents(filter);
  const entries = before === null ? newest(page?.nodes, fresh) : page?.nodes.toReversed();
  const older = page?.pageInfo.hasPreviousPage ? page.pageInfo.startCursor : null;
  const narrow = (more: Partial<Choice>) => {
    setAhead([]);
    setChoice({ ...choice, ...more });
  };
  return (
    <Page
      title="History"
      text="Everything that happened in this workspace. Looking at it is itself recorded."
      actions={<Export filter={filter} />}
    >
      <Chart />
      <Then />
      {read.trouble && <TroubleNotice trouble={read.trouble} onRetry={read.again} />}
      <Card title="Events" actions={<LiveMark />}>
        <Filters choice={choice} onNarrow={narrow} />
        {entries?.length === 0 ? (
          <Empty icon={<History size={20} />} title="Nothing like it happened">
            Loosen the filters to see more.
          </Empty>
        ) : (
          <ol aria-label="Events, the newest first" aria-busy={read.loading || undefined}>
            {entries
              ? entries.map((entry) => <Event key={entry.id} of={entry} />)
              : Array.from({ length: 6 }, (_, index) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: they never change
                  <li key={index} className={styles.details}>
                    <Skeleton width={220} />
                  </li>
                ))}
          </ol>
        )}
        {page && (ahead.length > 0 || older) && (
          <Pager
            onBack={ahead.length > 0 ? () => setAhead(ahead.slice(0, -1)) : undefined}
            onForward={older ? () => setAhead([...ahead, older]) : undefined}
          >
            The newest first
          </Pager>
        )}
      </Card>
    </Page>
  );
}

/** What was read and what happened since, each once, the newest first. */
function newest(
  read: readonly EntryFragment[] | undefined,
  fresh: readonly EntryFragment[],
): readonly EntryFragment[] | undefined {
  if (!read) return undefined;
  const known = new Set(read.map(({ id }) => id));
  return [...fresh.filter(({ id }) => !known.has(id)), ...read.toReversed()];
}

function Filters({
  choice,
  onNarrow,
}: {
  readonly choice: Choice;
  readonly onNarrow: (more: Partial<Choice>) => void;
}) {
  const { workspace } = useHere();
  const members = useRead(MembersDocument, { workspace: workspace.id, first: 100, after: null });
  return (
    <search className={styles.filters}>
      <InlineSelect
        label="What"
        className={styles.filter}
        value={choice.type}
        onChange={(event) => onNarrow({ type: event.target.value })}
      >
        <option value="">Everything</option>
        {TYPES.map((type) => (
          <option key={type} value={type}>
            {words(type)}
          </option>
        ))}
      </InlineSelect>
      <InlineSelect
        label="Who"
        className={styles.filter}
        value={choice.actor}
        onChange={(event) => onNarrow({ actor: event.target.value })}
      >
        <option value="">Anybody</option>
        {members.data?.workspace?.members.edges.map(({ node: { user } }) => (
          <option key={user.id} value={user.id}>
            {user.username ?? user.id}
          </option>
        ))}
      </InlineSelect>
      {(["from", "to"] as const).map((end) => (
        <div key={end} className={classes(styles.filter, styles.day)}>
          <span aria-hidden="true">{spoken(end.toUpperCase())}</span>
          <InlineInput
            label={spoken(end.toUpperCase())}
            type="date"
            value={choice[end]}
            onChange={(event) => onNarrow({ [end]: event.target.value })}
          />
        </div>
      ))}
      <InlineInput
        label="Stream"
        className={styles.filter}
        placeholder="Stream, e.g. agent_token-…"
        value={choice.stream}
        onChange={(event) => onNarrow({ stream: event.target.value })}
      />
    </search>
  );
}

/** All events that match, as a file. */
function Export({ filter }: { readonly filter: AuditFilter }) {
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
