import { type ReactNode, useState } from "react";
import { useHere } from "../app/viewer.tsx";
import { PolicyDocument, type PolicyFragment } from "../graphql/generated.ts";
import { TroubleNotice } from "../graphql/trouble-notice.tsx";
import { useRead } from "../graphql/use-read.ts";
import { Card, Facts, Skeleton } from "../ui/bits.tsx";
import { Button } from "../ui/button.tsx";
import { lifeOf } from "./life.ts";
import { PolicyDialog } from "./policy-dialog.tsx";

/** A change of it is told by the history alone, which notes whoever follows it. */
const LOOK_AGAIN = 30_000;

type Policy = PolicyFragment["policy"];

const RULES: readonly (readonly [string, (policy: Policy) => ReactNode])[] = [
  [
    "They may live",
    ({ maxTokenTtlSeconds: seconds }) =>
      seconds === null ? "For ever" : `${lifeOf(seconds)} at most`,
  ],
  ["They expire", ({ requireExpiry }) => (requireExpiry ? "Always" : "If so chosen")],
  [
    "Used from",
    ({ allowedCidrs: networks }) =>
      networks.length === 0 ? "Anywhere" : <code>{networks.join(", ")}</code>,
  ],
  [
    "Listed for",
    ({ auditorReadsTokens }) =>
      auditorReadsTokens ? "Owners, admins and auditors" : "Owners and admins",
  ],
];

/** What the workspace asks of its tokens. */
export function PolicyCard() {
  const { workspace, unless } = useHere();
  const read = useRead(PolicyDocument, { workspace: workspace.id }, { every: LOOK_AGAIN });
  const [changing, setChanging] = useState(false);
  const policy = read.data?.workspace?.policy;
  const why = unless("workspace:policy") ?? (policy ? undefined : "it is not known yet");
  return (
    <Card
      title="Policy for tokens"
      actions={
        <Button unavailable={why} onClick={() => setChanging(true)}>
          Change the policy
        </Button>
      }
      padded
    >
      {read.trouble && <TroubleNotice trouble={read.trouble} onRetry={read.again} />}
      <Facts
        of={RULES.map(([name, rule]) => [
          name,
          policy ? rule(policy) : <Skeleton key={name} width={130} />,
        ])}
      />
      {changing && policy && <PolicyDialog policy={policy} onClose={() => setChanging(false)} />}
    </Card>
  );
}
