import { History } from "lucide-react";
import { useState } from "react";
import { HistoryDocument } from "../graphql/generated.ts";
import { TroubleNotice } from "../graphql/trouble-notice.tsx";
import { useRead } from "../graphql/use-read.ts";
import { LiveMark } from "../live/live-mark.tsx";
import { Card, Empty, Page, Skeleton } from "../ui/bits.tsx";
import { Pager } from "../ui/table.tsx";
import { Chart } from "./chart.tsx";
import { ALL, type Choice, filterOf, matches } from "./choice.ts";
import { Event } from "./event.tsx";
import { Export } from "./export-menu.tsx";
import { Filters } from "./filters.tsx";
import styles from "./history.module.css";
import { newest } from "./newest.ts";
import { Then } from "./then.tsx";
import { useLiveEvents } from "./use-live-events.ts";

const PAGE = 25;

export default function HistoryPage() {
  const [choice, setChoice] = useState(ALL);
  const [ahead, setAhead] = useState<readonly string[]>([]);
  const filter = filterOf(choice);
  const before = ahead.at(-1) ?? null;
  const read = useRead(HistoryDocument, { last: PAGE, before, filter });
  const page = read.data?.auditEvents;
  const happened = useLiveEvents();
  const fresh = happened.filter((entry) => matches(entry, filter));
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
      <Chart fresh={happened} />
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
