import { Plus } from "lucide-react";
import { useState } from "react";
import { useHere } from "../app/viewer.tsx";
import { MembersDocument } from "../graphql/generated.ts";
import { TroubleNotice } from "../graphql/trouble-notice.tsx";
import { useRead } from "../graphql/use-read.ts";
import { PolicyCard } from "../policy/policy-card.tsx";
import { Badge, Card, Page, Skeleton } from "../ui/bits.tsx";
import { Button } from "../ui/button.tsx";
import { Cell, Pager, Row, Table } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { AddDialog, RemoveDialog, RoleDialog } from "./member-dialogs.tsx";
import styles from "./members.module.css";
import { PlanCard } from "./plan-card.tsx";
import { givenBy, type Member, roleName } from "./roles.ts";

const PAGE = 25;
/** Who comes and goes is told by the history alone, which notes whoever follows it. */
const LOOK_AGAIN = 30_000;
const COLUMNS = [
  { name: "Name", width: "34%" },
  { name: "Role", width: "20%" },
  { name: "Since", width: "20%" },
  { name: "Actions", width: "26%", end: true },
];

type Open =
  | { readonly what: "add" }
  | { readonly what: "role" | "remove"; readonly member: Member };

export default function MembersPage() {
  const { workspace, unless } = useHere();
  const [behind, setBehind] = useState<readonly string[]>([]);
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  const variables = { workspace: workspace.id, first: PAGE, after: behind.at(-1) ?? null };
  const read = useRead(MembersDocument, variables, { every: LOOK_AGAIN });
  const members = read.data?.workspace?.members;
  const next = members?.pageInfo.hasNextPage ? members.pageInfo.endCursor : null;
  return (
    <Page
      title="Members"
      text="Who belongs to this workspace, what they may do, the plan it is on, and what it asks of its tokens."
      actions={
        <Button
          look="primary"
          unavailable={unless("members:manage")}
          onClick={() => setOpen({ what: "add" })}
        >
          <Plus size={16} aria-hidden="true" />
          Add member
        </Button>
      }
    >
      {read.trouble && <TroubleNotice trouble={read.trouble} onRetry={read.again} />}
      <Card>
        <Table label="Members" columns={COLUMNS} busy={read.loading || read.refreshing}>
          {members?.edges.map(({ node }) => (
            <MemberRow key={node.user.id} member={node} onOpen={setOpen} />
          )) ?? <WaitingRow />}
        </Table>
        {(next || behind.length > 0) && (
          <Pager
            onBack={behind.length > 0 ? () => setBehind(behind.slice(0, -1)) : undefined}
            onForward={next ? () => setBehind([...behind, next]) : undefined}
          >
            Page {behind.length + 1}
          </Pager>
        )}
      </Card>
      <PlanCard />
      <PolicyCard />
      {open?.what === "add" && <AddDialog onClose={close} />}
      {open?.what === "role" && <RoleDialog member={open.member} onClose={close} />}
      {open?.what === "remove" && <RemoveDialog member={open.member} onClose={close} />}
    </Page>
  );
}

function MemberRow({
  member,
  onOpen,
}: {
  readonly member: Member;
  readonly onOpen: (open: Open) => void;
}) {
  const { user, role, unless } = useHere();
  const name = member.user.username ?? "an erased person";
  const governed = givenBy(role).includes(member.role);
  const why =
    unless("members:manage") ??
    (governed ? undefined : `your role has no say over ${roleName(member.role).toLowerCase()}s`);
  return (
    <Row>
      <Cell>
        <bdi className={styles.name}>{name}</bdi>
        {member.user.id === user.id && <span className={styles.you}> (you)</span>}
      </Cell>
      <Cell label="Role">
        <Badge plain tone={member.role === "OWNER" ? "accent" : "neutral"}>
          {roleName(member.role)}
        </Badge>
      </Cell>
      <Cell label="Since">
        <Time at={member.since} as="day" />
      </Cell>
      <Cell end>
        <Button
          look="ghost"
          unavailable={why}
          aria-label={`Change the role of ${name}`}
          onClick={() => onOpen({ what: "role", member })}
        >
          Role
        </Button>
        <Button
          look="ghost"
          unavailable={why}
          aria-label={`Remove ${name}`}
          onClick={() => onOpen({ what: "remove", member })}
        >
          Remove
        </Button>
      </Cell>
    </Row>
  );
}

function WaitingRow() {
  return (
    <Row>
      <Cell>
        <Skeleton width={130} />
      </Cell>
      <Cell>
        <Skeleton width={60} />
      </Cell>
      <Cell>
        <Skeleton width={80} />
      </Cell>
      <Cell end>
        <Skeleton width={90} />
      </Cell>
    </Row>
  );
}
