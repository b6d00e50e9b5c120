import { useState } from "react";
import { useHere } from "../app/viewer.tsx";
import { ChangePlanDocument, type Plan } from "../graphql/generated.ts";
import { spoken } from "../graphql/spoken.ts";
import { useWrite } from "../graphql/use-write.ts";
import { WriteDialog } from "../graphql/write-dialog.tsx";
import { Card, Facts, Notice } from "../ui/bits.tsx";
import { Button } from "../ui/button.tsx";
import { SelectField } from "../ui/field.tsx";
import { Time } from "../ui/time.tsx";

const PLANS: readonly Plan[] = ["FREE", "PRO", "TEAM", "ENTERPRISE"];

/** The workspace's plan; its owner may lower it, raising it is the operator's. */
export function PlanCard() {
  const { workspace, unless } = useHere();
  const [lowering, setLowering] = useState(false);
  const lower = PLANS.slice(0, PLANS.indexOf(workspace.plan));
  const why = lower.length === 0 ? "it is the lowest" : unless("billing:plan");
  return (
    <Card
      title="Plan"
      actions={
        <Button unavailable={why} onClick={() => setLowering(true)}>
          Lower the plan
        </Button>
      }
      padded
    >
      <Facts
        of={[
          ["Plan", spoken(workspace.plan)],
          ["Since", <Time key="since" at={workspace.planSince} as="day" />],
          [
            "To raise it",
            <span key="raise">
              Whoever runs the service does, with <code>keyledger workspace set-plan</code>.
            </span>,
          ],
        ]}
      />
      {lowering && <LowerDialog plans={lower} onClose={() => setLowering(false)} />}
    </Card>
  );
}

function LowerDialog({
  plans,
  onClose,
}: {
  readonly plans: readonly Plan[];
  readonly onClose: () => void;
}) {
  const { workspace } = useHere();
  const [plan, setPlan] = useState<Plan>(plans.at(-1) ?? "FREE");
  const write = useWrite(ChangePlanDocument);
  const submit = async () => {
    if (await write.send({ input: { workspaceId: workspace.id, plan } })) onClose();
  };
  return (
    <WriteDialog
      title="Lower the plan"
      description="At once. Only whoever runs the service can raise it again."
      onClose={onClose}
      onSubmit={submit}
      write={write}
      shown={["plan"]}
      action={`Lower to ${spoken(plan)}`}
      danger
    >
      <SelectField
        label="New plan"
        value={plan}
        onChange={(event) => setPlan(event.target.value as Plan)}
        error={write.errorAt("plan")}
      >
        {plans.map((name) => (
          <option key={name} value={name}>
            {spoken(name)}
          </option>
        ))}
      </SelectField>
      {plan === "FREE" && (
        <Notice tone="warning" title="All tokens are suspended">
          Free has no tokens: agents are cut off at once. They work again when the plan is raised.
        </Notice>
      )}
    </WriteDialog>
  );
}
