import { Ban, Ellipsis, Info, PenLine, RefreshCw } from "lucide-react";
import type { TokenFragment } from "../graphql/generated.ts";
import { Badge, Skeleton } from "../ui/bits.tsx";
import { IconButton } from "../ui/button.tsx";
import { classes } from "../ui/classes.ts";
import { useNow } from "../ui/clock.ts";
import { Menu, MenuItem, MenuRule } from "../ui/menu.tsx";
import { Cell, Row } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { Person } from "./person.tsx";
import { statusOf } from "./status.ts";
import styles from "./tokens.module.css";

export type TokenAction = "details" | "rename" | "rotate" | "revoke";

interface TokenRowProps {
  readonly token: TokenFragment;
  /** Why it cannot be changed, if it cannot. */
  readonly locked: string | undefined;
  readonly onAction: (action: TokenAction) => void;
}

export function TokenRow({ token, locked, onAction }: TokenRowProps) {
  const status = statusOf(token, useNow(5_000));
  const ended = status.works ? undefined : `it is ${status.name.toLowerCase()}`;
  const why = locked ?? ended;
  return (
    <Row>
      <Cell>
        <span className={styles.name}>
          <bdi className={classes(styles.title, !status.works && styles.ended)}>
            {token.name || "Erased"}
          </bdi>
          <span className={styles.hint}>{token.hint}</span>
        </span>
      </Cell>
      <Cell label="Status">
        <span className={styles.cell}>
          <span>
            <Badge tone={status.tone}>{status.name}</Badge>
          </span>
          {status.why && <bdi className={styles.sub}>{status.why}</bdi>}
        </span>
      </Cell>
      <Cell label="Created">
        <span className={styles.cell}>
          <Time at={token.createdAt} />
          <span className={styles.sub}>
            by <Person of={token.createdBy} />
          </span>
        </span>
      </Cell>
      <Cell label="Expires">
        {token.expiresAt ? (
          <Time at={token.expiresAt} as="day" />
        ) : (
          <span className={styles.none}>Never</span>
        )}
      </Cell>
      <Cell label="Last used">
        {token.lastUsedAt ? (
          <span className={styles.cell}>
            <Time at={token.lastUsedAt} />
            {token.lastUsedFrom && <bdi className={styles.sub}>{token.lastUsedFrom}</bdi>}
          </span>
        ) : (
          <span className={styles.none}>Never</span>
        )}
      </Cell>
      <Cell label="Connections">
        {token.activeConnections > 0 ? (
          <span className={styles.open}>{token.activeConnections}</span>
        ) : (
          <span className={styles.none}>None</span>
        )}
      </Cell>
      <Cell end>
        <Menu
          trigger={
            <IconButton label={`Actions for ${token.name}`}>
              <Ellipsis size={18} />
            </IconButton>
          }
        >
          <MenuItem icon={<Info size={16} />} onSelect={() => onAction("details")}>
            Details
          </MenuItem>
          <MenuItem
            icon={<PenLine size={16} />}
            unavailable={why}
            onSelect={() => onAction("rename")}
          >
            Rename
          </MenuItem>
          <MenuItem
            icon={<RefreshCw size={16} />}
            unavailable={why ?? (token.replacedBy ? "it has a successor" : undefined)}
            onSelect={() => onAction("rotate")}
          >
            Rotate
          </MenuItem>
          <MenuRule />
          <MenuItem
            danger
            icon={<Ban size={16} />}
            unavailable={why}
            onSelect={() => onAction("revoke")}
          >
            Revoke
          </MenuItem>
        </Menu>
      </Cell>
    </Row>
  );
}

/** A row that is on its way: as tall as the rows will be. */
export function WaitingRow() {
  return (
    <Row>
      {[150, 70, 90, 80, 90, 40].map((width, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they never change
        <Cell key={index}>
          <Skeleton width={width} />
        </Cell>
      ))}
      <Cell end>
        <Skeleton width={20} />
      </Cell>
    </Row>
  );
}
