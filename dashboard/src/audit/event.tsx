import { ChevronRight } from "lucide-react";
import { Person } from "../agent-tokens/person.tsx";
import type { EntryFragment } from "../graphql/generated.ts";
import { Facts } from "../ui/bits.tsx";
import { Time } from "../ui/time.tsx";
import styles from "./history.module.css";
import { words } from "./words.ts";

/** One thing that happened; opened, all that is known of it. */
export function Event({ of }: { readonly of: EntryFragment }) {
  return (
    <li className={styles.event}>
      <details>
        <summary>
          <ChevronRight className={styles.turn} size={16} aria-hidden="true" />
          <span className={styles.what}>{words(of.type)}</span>
          <span className={styles.when}>
            <Time at={of.occurredAt} as="moment" />
          </span>
          <span className={styles.who}>
            by <Person of={of.actor} />
            {of.onBehalfOf && (
              <>
                {" for "}
                <Person of={of.onBehalfOf} />
              </>
            )}
          </span>
        </summary>
        <div className={styles.details}>
          <Facts
            of={[
              ["Type", <code key="type">{of.type}</code>],
              ["Stream", <code key="stream">{`${of.stream} @${of.revision}`}</code>],
              ["From", <bdi key="from">{of.clientIp ?? "not known"}</bdi>],
              ["With", <bdi key="with">{of.userAgent ?? "not known"}</bdi>],
              ["Request", <code key="request">{of.correlationId}</code>],
              ...(of.redactedFields.length > 0
                ? [["Erased", of.redactedFields.join(", ")] as const]
                : []),
            ]}
          />
          <pre className={styles.data}>{pretty(of.data)}</pre>
        </div>
      </details>
    </li>
  );
}

function pretty(data: string): string {
  try {
    return JSON.stringify(JSON.parse(data), null, 2);
  } catch {
    return data;
  }
}
