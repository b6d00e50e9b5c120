import { useState } from "react";
import { useHere } from "../app/viewer.tsx";
import { ChangePolicyDocument, type PolicyFragment } from "../graphql/generated.ts";
import { useWrite } from "../graphql/use-write.ts";
import { WriteDialog } from "../graphql/write-dialog.tsx";
import { Notice } from "../ui/bits.tsx";
import { Check, Checks, SelectField, TextArea } from "../ui/field.tsx";
import { useToast } from "../ui/toast.tsx";
import { lifeOf, lives } from "./life.ts";

const EVER = "ever";

interface PolicyDialogProps {
  readonly policy: PolicyFragment["policy"];
  readonly onClose: () => void;
}

export function PolicyDialog({ policy, onClose }: PolicyDialogProps) {
  const { workspace } = useHere();
  const [life, setLife] = useState(String(policy.maxTokenTtlSeconds ?? EVER));
  const [expire, setExpire] = useState(policy.requireExpiry);
  const [networks, setNetworks] = useState(policy.allowedCidrs.join("\n"));
  const [auditors, setAuditors] = useState(policy.auditorReadsTokens);
  const write = useWrite(ChangePolicyDocument);
  const say = useToast();
  const submit = async () => {
    const input = {
      workspaceId: workspace.id,
      maxTokenTtlSeconds: life === EVER ? null : Number(life),
      requireExpiry: expire,
      allowedCidrs: networks.split(/[\s,]+/).filter(Boolean),
      auditorReadsTokens: auditors,
    };
    if (!(await write.send({ input }))) return;
    say("success", "The policy is changed.");
    onClose();
  };
  return (
    <WriteDialog
      title="Change the policy"
      description="It holds at once, for every token of this workspace."
      guarded
      onClose={onClose}
      onSubmit={submit}
      write={write}
      shown={["maxTokenTtlSeconds", "allowedCidrs"]}
      action="Change policy"
    >
      <SelectField
        label="Tokens may live"
        value={life}
        onChange={(event) => setLife(event.target.value)}
        error={write.errorAt("maxTokenTtlSeconds")}
      >
        <option value={EVER}>For ever</option>
        {lives(policy.maxTokenTtlSeconds).map((seconds) => (
          <option key={seconds} value={seconds}>
            {lifeOf(seconds)} at most
          </option>
        ))}
      </SelectField>
      <TextArea
        label="Networks"
        optional
        rows={3}
        spellCheck={false}
        placeholder="e.g. 203.0.113.0/24"
        value={networks}
        onChange={(event) => setNetworks(event.target.value)}
        hint="Where tokens may be used from, one a line. Anywhere, if left empty."
        error={write.errorAt("allowedCidrs")}
      />
      <Checks label="Also">
        <Check
          label="A token must expire"
          checked={expire}
          onChange={(event) => setExpire(event.target.checked)}
        />
        <Check
          label="Auditors may list tokens"
          hint="Their names and states; secrets are shown to nobody."
          checked={auditors}
          onChange={(event) => setAuditors(event.target.checked)}
        />
      </Checks>
      <Notice tone="warning">
        Tokens that do not fulfil it are suspended: agents that use them are cut off at once.
      </Notice>
    </WriteDialog>
  );
}
