import { ArrowDown, ArrowUp, ChevronLeft, ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "./button.tsx";
import { classes } from "./classes.ts";
import styles from "./table.module.css";

export interface Column<K extends string = string> {
  readonly name: string;
  /** Of the table; nothing moves when rows arrive. */
  readonly width: string;
  /** What it can be sorted by. */
  readonly sort?: K;
  /** Holds what can be done with the row; its name is only heard. */
  readonly end?: boolean;
}

export interface Sorting<K extends string = string> {
  readonly by: K;
  readonly descending: boolean;
}

interface TableProps<K extends string> {
  readonly label: string;
  readonly columns: readonly Column<K>[];
  readonly sorting?: Sorting<K>;
  readonly onSort?: (by: K) => void;
  readonly busy?: boolean;
  readonly children: ReactNode;
}

/** A table that becomes a list of blocks where the screen is narrow. Roles are spelled out, since
 * browsers drop a table's own where it is not displayed as one. */
export function Table<K extends string>(props: TableProps<K>) {
  const { label, columns, sorting, onSort, busy, children } = props;
  return (
    <div className={styles.scroll}>
      {/* biome-ignore-start lint/a11y/noRedundantRoles: see above */}
      <table className={styles.table} role="table" aria-label={label} aria-busy={busy || undefined}>
        <colgroup>
          {columns.map(({ name, width }) => (
            <col key={name} style={{ width }} />
          ))}
        </colgroup>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <Head
                key={column.name}
                column={column}
                sorting={sorting?.by === column.sort ? sorting : undefined}
                onSort={onSort}
              />
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">{children}</tbody>
      </table>
      {/* biome-ignore-end lint/a11y/noRedundantRoles: see above */}
    </div>
  );
}

function Head<K extends string>({
  column,
  sorting,
  onSort,
}: {
  readonly column: Column<K>;
  readonly sorting: Sorting<K> | undefined;
  readonly onSort: ((by: K) => void) | undefined;
}) {
  const { name, sort, end } = column;
  const order = sorting && (sorting.descending ? "descending" : "ascending");
  const Arrow = sorting && !sorting.descending ? ArrowUp : ArrowDown;
  return (
    // biome-ignore lint/a11y/noRedundantRoles: see `Table`
    <th role="columnheader" scope="col" {...(sort && { "aria-sort": order ?? "none" })}>
      {end && <span className="visually-hidden">{name}</span>}
      {!end && !sort && name}
      {sort && (
        <button
          type="button"
          className={classes(styles.sort, sorting && styles.sorted)}
          onClick={() => onSort?.(sort)}
        >
          {name}
          <Arrow size={12} aria-hidden="true" />
        </button>
      )}
    </th>
  );
}

export function Row({ children }: { readonly children: ReactNode }) {
  // biome-ignore lint/a11y/noRedundantRoles: see `Table`
  return <tr role="row">{children}</tr>;
}

interface CellProps {
  /** The column's name, shown where the row is a block. */
  readonly label?: string;
  readonly end?: boolean;
  readonly children: ReactNode;
}

export function Cell({ label, end, children }: CellProps) {
  return (
    // biome-ignore lint/a11y/noRedundantRoles: see `Table`
    <td role="cell" data-label={label} className={classes(end && styles.end)}>
      {children}
    </td>
  );
}

interface PagerProps {
  readonly children: ReactNode;
  readonly onBack?: (() => void) | undefined;
  readonly onForward?: (() => void) | undefined;
}

/** What is shown of how much, and the way to the rest. */
export function Pager({ children, onBack, onForward }: PagerProps) {
  return (
    <div className={styles.pager}>
      <span>{children}</span>
      {(onBack || onForward) && (
        <div className={styles.pagerButtons}>
          <Button onClick={onBack} disabled={!onBack}>
            <ChevronLeft size={16} aria-hidden="true" />
            Previous
          </Button>
          <Button onClick={onForward} disabled={!onForward}>
            Next
            <ChevronRight size={16} aria-hidden="true" />
          </Button>
        </div>
      )}
    </div>
  );
}
