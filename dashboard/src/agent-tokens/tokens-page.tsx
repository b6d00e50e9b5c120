import { KeyRound, Plus, SearchX } from "lucide-react";
import { lazy, Suspense, useCallback, useState } from "react";
import { useHere } from "../app/viewer.tsx";
import {
  type AgentTokenOrderField,
  type TokenFragment,
  TokensDocument,
} from "../graphql/generated.ts";
import { spoken } from "../graphql/spoken.ts";
import { TroubleNotice } from "../graphql/trouble-notice.tsx";
import { useRead } from "../graphql/use-read.ts";
import { Card, Empty, Notice, Page } from "../ui/bits.tsx";
import { Button } from "../ui/button.tsx";
import { type Column, Pager, Table } from "../ui/table.tsx";
import { CreateDialog } from "./create-dialog.tsx";
import { Filters } from "./filters.tsx";
import type { Issued } from "./issued.ts";
import { PAGE, useListing } from "./listing.ts";
import { RenameDialog } from "./rename-dialog.tsx";
import { RevokeDialog } from "./revoke-dialog.tsx";
import { RevokeUnusedDialog } from "./revoke-unused-dialog.tsx";
import { RotateDialog } from "./rotate-dialog.tsx";
import { SecretDialog } from "./secret-dialog.tsx";
import { type TokenAction, TokenRow, WaitingRow } from "./token-row.tsx";

const COLUMNS: readonly Column<AgentTokenOrderField>[] = [
  { name: "Name", width: "24%", sort: "NAME" },
  { name: "Status", width: "20%" },
  { name: "Created", width: "15%", sort: "CREATED_AT" },
  { name: "Expires", width: "13%", sort: "EXPIRES_AT" },
  { name: "Last used", width: "14%", sort: "LAST_USED_AT" },
  { name: "Connections", width: "9%" },
  { name: "Actions", width: "56px", end: true },
];

// Not needed for what is seen first.
const DetailsDialog = lazy(async () => {
  const { DetailsDialog: component } = await import("../audit/details-dialog.tsx");
  return { default: component };
});

/** Open connections and last use are told by no event. */
const LOOK_AGAIN = 15_000;

type Open =
  | { readonly what: "create" | "revoke-unused" }
  | { readonly what: TokenAction; readonly token: TokenFragment }
  | { readonly what: "secret"; readonly issued: Issued };

export default function TokensPage() {
  const { workspace, unless } = useHere();
  const listing = useListing();
  const [open, setOpen] = useState<Open | null>(null);
  const close = useCallback(() => setOpen(null), []);
  const read = useRead(
    TokensDocument,
    { workspace: workspace.id, ...listing.variables },
    { every: LOOK_AGAIN },
  );
  const list = read.data?.workspace?.agentTokens;
  const noPlan = workspace.plan === "FREE" ? "the plan Free has no tokens" : undefined;
  const locked = unless("tokens:manage");
  const create = () => setOpen({ what: "create" });

  return (
    <Page
      title="Tokens"
      text="Long-lived keys with which agents connect to this workspace in their creator's name."
      actions={
        <>
          <Button unavailable={locked} onClick={() => setOpen({ what: "revoke-unused" })}>
            Revoke unused
          </Button>
          <Button look="primary" unavailable={locked ?? noPlan} onClick={create}>
            <Plus size={16} aria-hidden="true" />
            Create token
          </Button>
        </>
      }
    >
      {noPlan && <NoPlan />}
      {read.trouble && <TroubleNotice trouble={read.trouble} onRetry={read.again} />}
      <Card>
        <Filters choice={listing.choice} onNarrow={listing.narrow} />
        {list?.totalCount === 0 ? (
          <Nothing
            narrowed={listing.narrowed}
            reset={listing.reset}
            create={create}
            why={locked ?? noPlan}
          />
        ) : (
          <Table
            label="Tokens"
            columns={COLUMNS}
            sorting={listing.sorting}
            onSort={listing.sort}
            busy={read.loading || read.refreshing}
          >
            {list
              ? list.nodes.map((token) => (
                  <TokenRow
                    key={token.id}
                    token={token}
                    locked={locked}
                    onAction={(what) => setOpen({ what, token })}
                  />
                ))
              : // biome-ignore lint/suspicious/noArrayIndexKey: they never change
                Array.from({ length: 5 }, (_, index) => <WaitingRow key={index} />)}
          </Table>
        )}
        {list && list.totalCount > 0 && (
          <Pager
            onBack={listing.page > 0 ? listing.back : undefined}
            onForward={
              list.pageInfo.hasNextPage && list.pageInfo.endCursor
                ? () => listing.forward(list.pageInfo.endCursor ?? "")
                : undefined
            }
          >
            {shown(list.nodes.length, listing.page, list.totalCount)}
          </Pager>
        )}
      </Card>
      {open && <Opened open={open} close={close} setOpen={setOpen} />}
    </Page>
  );
}

function shown(here: number, page: number, all: number): string {
  if (here === 0) return "No tokens";
  const first = page * PAGE + 1;
  return `${first} to ${first + here - 1} of ${all}`;
}

function Opened({
  open,
  close,
  setOpen,
}: {
  readonly open: Open;
  readonly close: () => void;
  readonly setOpen: (open: Open) => void;
}) {
  const issue = (issued: Issued) => setOpen({ what: "secret", issued });
  switch (open.what) {
    case "create":
      return <CreateDialog onClose={close} onCreated={issue} />;
    case "revoke-unused":
      return <RevokeUnusedDialog onClose={close} />;
    case "secret":
      return <SecretDialog issued={open.issued} onClose={close} />;
    case "details":
      return (
        <Suspense fallback={null}>
          <DetailsDialog token={open.token} onClose={close} />
        </Suspense>
      );
    case "rename":
      return <RenameDialog token={open.token} onClose={close} />;
    case "rotate":
      return <RotateDialog token={open.token} onClose={close} onRotated={issue} />;
    case "revoke":
      return <RevokeDialog token={open.token} onClose={close} />;
  }
}

function NoPlan() {
  const { workspace } = useHere();
  return (
    <Notice tone="warning" title="Tokens need the Pro plan">
      <bdi>{workspace.name}</bdi> is on {spoken(workspace.plan)}. Whoever runs the service raises it
      with <code>keyledger workspace set-plan</code>; tokens that were there before work again then.
    </Notice>
  );
}

function Nothing({
  narrowed,
  reset,
  create,
  why,
}: {
  readonly narrowed: boolean;
  readonly reset: () => void;
  readonly create: () => void;
  readonly why: string | undefined;
}) {
  if (narrowed) {
    return (
      <Empty
        icon={<SearchX size={20} />}
        title="No token matches"
        actions={<Button onClick={reset}>Show all tokens</Button>}
      >
        Loosen the filters to see more.
      </Empty>
    );
  }
  return (
    <Empty
      icon={<KeyRound size={20} />}
      title="No tokens yet"
      actions={
        <Button look="primary" unavailable={why} onClick={create}>
          <Plus size={16} aria-hidden="true" />
          Create your first token
        </Button>
      }
    >
      An agent presents its token to connect. You see when it was used last, and can revoke it at
      any moment.
    </Empty>
  );
}
