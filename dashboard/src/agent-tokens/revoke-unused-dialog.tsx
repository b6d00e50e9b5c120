import { useState } from "react";
import { useHere } from "../app/viewer.tsx";
import { RevokeAllTokensDocument, TokensDocument } from "../graphql/generated.ts";
import { TroubleNotice } from "../graphql/trouble-notice.tsx";
import { useRead } from "../graphql/use-read.ts";
import { useWrite } from "../graphql/use-write.ts";
import { WriteDialog } from "../graphql/write-dialog.tsx";
import { Notice, Skeleton } from "../ui/bits.tsx";
import { SelectField, TextField } from "../ui/field.tsx";
import { useToast } from "../ui/toast.tsx";

const DAY = 86_400_000;
const SPANS = [
  [30, "30 days"],
  [90, "90 days"],
  [7, "7 days"],
  [0, "Any time: all tokens"],
] as const;

/** Revokes what nobody uses any more, after showing how much that is. */
export function RevokeUnusedDialog({ onClose }: { readonly onClose: () => void }) {
  const { workspace } = useHere();
  const [opened] = useState(Date.now);
  const [days, setDays] = useState<number>(SPANS[0][0]);
  const [reason, setReason] = useState("Unused");
  const write = useWrite(RevokeAllTokensDocument);
  const say = useToast();
  const unusedSince = days === 0 ? null : new Date(opened - days * DAY).toISOString();
  const found = useRead(TokensDocument, {
    workspace: workspace.id,
    first: 5,
    filter: { status: ["ACTIVE", "SUSPENDED"], unusedSince },
  });
  const tokens = found.data?.workspace?.agentTokens;
  const count = tokens?.totalCount;

  const submit = async () => {
    if (!count) return;
    const input = { workspaceId: workspace.id, unusedSince, reason };
    const done = await write.send({ input });
    if (!done) return;
    say("success", `${amount(done.revokedIds.length)} revoked.`);
    onClose();
  };

  return (
    <WriteDialog
      title="Revoke unused tokens"
      description="They stop working at once and for good. This cannot be undone."
      guarded
      onClose={onClose}
      onSubmit={submit}
      write={write}
      shown={["reason"]}
      action={count ? `Revoke ${amount(count)}` : "Revoke"}
      danger
      unavailable={count === 0 ? "there is nothing to revoke" : undefined}
    >
      <SelectField
        label="Not used for"
        value={days}
        onChange={(event) => setDays(Number(event.target.value))}
        hint="A token that was never used counts from when it was created."
      >
        {SPANS.map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </SelectField>
      <TextField
        label="Reason"
        maxLength={500}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
        error={write.errorAt("reason")}
      />
      {found.trouble ? (
        <TroubleNotice trouble={found.trouble} />
      ) : (
        <Notice tone={count ? "warning" : "neutral"}>
          <div aria-live="polite">
            {count === undefined && <Skeleton width={180} />}
            {count === 0 && "No token was unused for that long."}
            {tokens && count !== undefined && count > 0 && (
              <>
                {amount(count)}:{" "}
                {tokens.nodes.map((token, index) => (
                  <span key={token.id}>
                    {index > 0 && ", "}
                    <bdi>{token.name}</bdi>
                  </span>
                ))}
                {count > tokens.nodes.length && ` and ${count - tokens.nodes.length} more`}
              </>
            )}
          </div>
        </Notice>
      )}
    </WriteDialog>
  );
}

const amount = (count: number): string => (count === 1 ? "1 token" : `${count} tokens`);
