import { useHere } from "../app/viewer.tsx";
import { MembersDocument } from "../graphql/generated.ts";
import { spoken } from "../graphql/spoken.ts";
import { useRead } from "../graphql/use-read.ts";
import { classes } from "../ui/classes.ts";
import { InlineInput, InlineSelect } from "../ui/field.tsx";
import type { Choice } from "./choice.ts";
import styles from "./history.module.css";
import { words } from "./words.ts";

/** What is asked for most. */
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

/** What the history is narrowed by: what, who, when, of what. */
export function Filters({
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
