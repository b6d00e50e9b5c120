import { useRef, useState } from "react";
import { useHere } from "../app/viewer.tsx";
import { CreateTokenDocument } from "../graphql/generated.ts";
import { useWrite } from "../graphql/use-write.ts";
import { WriteDialog } from "../graphql/write-dialog.tsx";
import { Check, Checks, SelectField, TextField } from "../ui/field.tsx";
import { dayOf, expiryOf, LIFETIMES, type Lifetime } from "./expiry.ts";
import { type Issued, issuedOf } from "./issued.ts";
import { idempotencyKey } from "./key.ts";

const SCOPES = [
  ["ws:connect", "Connect", "Open a socket and be told what concerns the token."],
  ["graphql", "Read", "Ask the API for what its creator may read; it changes nothing."],
] as const;

interface CreateDialogProps {
  readonly onClose: () => void;
  readonly onCreated: (issued: Issued) => void;
}

export function CreateDialog({ onClose, onCreated }: CreateDialogProps) {
  const { workspace } = useHere();
  const [name, setName] = useState("");
  const [lifetime, setLifetime] = useState<Lifetime>("30");
  const [date, setDate] = useState("");
  const [scopes, setScopes] = useState<readonly string[]>(["ws:connect"]);
  const [missing, setMissing] = useState<"name" | "date" | "scopes" | null>(null);
  // One key for this dialog: sent again after a lost answer, it is the same token.
  const key = useRef(idempotencyKey());
  const write = useWrite(CreateTokenDocument);

  const toggle = (scope: string, on: boolean) =>
    setScopes(on ? [...scopes, scope] : scopes.filter((it) => it !== scope));

  const submit = async () => {
    const expiresAt = expiryOf(lifetime, date, Date.now());
    const lacking =
      (!name.trim() && "name") ||
      (expiresAt === undefined && "date") ||
      (scopes.length === 0 && "scopes") ||
      null;
    setMissing(lacking);
    if (lacking || expiresAt === undefined) return;
    const idempotency = key.current;
    const done = await write.send({
      input: {
        workspaceId: workspace.id,
        name,
        expiresAt,
        scopes: [...scopes],
        idempotencyKey: idempotency,
      },
    });
    // What was refused may be corrected and is then another command.
    if (!done && !write.trouble) key.current = idempotencyKey();
    if (done?.agentToken) onCreated(issuedOf(done.agentToken, done.secret));
  };

  return (
    <WriteDialog
      title="Create token"
      description="For an agent that works in your name in this workspace."
      guarded
      onClose={onClose}
      onSubmit={submit}
      write={write}
      shown={["name", "expiresAt", "scopes"]}
      action="Create token"
    >
      <TextField
        label="Name"
        placeholder="e.g. Desktop, build server"
        maxLength={100}
        autoFocus
        value={name}
        onChange={(event) => setName(event.target.value)}
        error={
          missing === "name" ? "Give it a name that tells where it is used." : write.errorAt("name")
        }
      />
      <SelectField
        label="Expires"
        value={lifetime}
        onChange={(event) => setLifetime(event.target.value as Lifetime)}
        error={lifetime === "date" ? undefined : write.errorAt("expiresAt")}
        hint={
          lifetime === "never"
            ? "It works until somebody revokes it. A token that ends by itself is safer."
            : undefined
        }
      >
        {LIFETIMES.map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </SelectField>
      {lifetime === "date" && (
        <TextField
          label="Last day"
          type="date"
          min={dayOf(Date.now())}
          value={date}
          onChange={(event) => setDate(event.target.value)}
          error={missing === "date" ? "Choose the last day it works." : write.errorAt("expiresAt")}
        />
      )}
      <Checks
        label="It may"
        error={missing === "scopes" ? "Choose at least one." : write.errorAt("scopes")}
      >
        {SCOPES.map(([scope, label, hint]) => (
          <Check
            key={scope}
            label={label}
            hint={hint}
            checked={scopes.includes(scope)}
            onChange={(event) => toggle(scope, event.target.checked)}
          />
        ))}
      </Checks>
    </WriteDialog>
  );
}
