import { useState } from "react";
import { useHere } from "../app/viewer.tsx";
import {
  AddMemberDocument,
  ChangeMemberRoleDocument,
  RemoveMemberDocument,
  type Role,
} from "../graphql/generated.ts";
import { useWrite } from "../graphql/use-write.ts";
import { WriteTrouble } from "../graphql/write-trouble.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { SelectField, TextField } from "../ui/field.tsx";
import { givenBy, type Member, ROLES } from "./roles.ts";

interface Closing {
  readonly onClose: () => void;
}

function RoleField({
  role,
  onChange,
  error,
}: {
  readonly role: Role;
  readonly onChange: (role: Role) => void;
  readonly error: string | undefined;
}) {
  const here = useHere();
  const given = givenBy(here.role);
  return (
    <SelectField
      label="Role"
      value={role}
      onChange={(event) => onChange(event.target.value as Role)}
      hint={`This role ${ROLES.find(([name]) => name === role)?.[2]}.`}
      error={error}
    >
      {ROLES.filter(([name]) => given.includes(name)).map(([name, label]) => (
        <option key={name} value={name}>
          {label}
        </option>
      ))}
    </SelectField>
  );
}

export function AddDialog({ onClose }: Closing) {
  const { workspace } = useHere();
  const [username, setUsername] = useState("");
  const [missing, setMissing] = useState(false);
  const [role, setRole] = useState<Role>("MEMBER");
  const write = useWrite(AddMemberDocument);
  const submit = async () => {
    setMissing(!username.trim());
    if (!username.trim()) return;
    const input = { workspaceId: workspace.id, username: username.trim(), role };
    if (await write.send({ input })) onClose();
  };
  return (
    <Dialog
      title="Add member"
      description="Somebody who has an account here."
      guarded
      onClose={onClose}
      onSubmit={submit}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={write.busy}>
            Add member
          </Button>
        </>
      }
    >
      <WriteTrouble write={write} shown={["username", "role"]} />
      <TextField
        label="Name"
        autoFocus
        autoCapitalize="none"
        spellCheck={false}
        value={username}
        onChange={(event) => setUsername(event.target.value)}
        hint="The name they sign in with."
        error={missing ? "Enter the name they sign in with." : write.errorAt("username")}
      />
      <RoleField role={role} onChange={setRole} error={write.errorAt("role")} />
    </Dialog>
  );
}

export function RoleDialog({ member, onClose }: Closing & { readonly member: Member }) {
  const { workspace } = useHere();
  const [role, setRole] = useState(member.role);
  const write = useWrite(ChangeMemberRoleDocument);
  const submit = async () => {
    const input = { workspaceId: workspace.id, userId: member.user.id, role };
    if (await write.send({ input })) onClose();
  };
  return (
    <Dialog
      title="Change role"
      description={
        <>
          Of <bdi>{member.user.username}</bdi>. Tokens they created are suspended while their role
          does not allow tokens.
        </>
      }
      onClose={onClose}
      onSubmit={submit}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={write.busy}>
            Change role
          </Button>
        </>
      }
    >
      <WriteTrouble write={write} shown={["role"]} />
      <RoleField role={role} onChange={setRole} error={write.errorAt("role")} />
    </Dialog>
  );
}

export function RemoveDialog({ member, onClose }: Closing & { readonly member: Member }) {
  const { workspace } = useHere();
  const write = useWrite(RemoveMemberDocument);
  const submit = async () => {
    const input = { workspaceId: workspace.id, userId: member.user.id };
    if (await write.send({ input })) onClose();
  };
  return (
    <Dialog
      title="Remove member"
      description={
        <>
          <bdi>{member.user.username}</bdi> loses access to this workspace, and the tokens they
          created here are suspended until they come back.
        </>
      }
      onClose={onClose}
      onSubmit={submit}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="danger" busy={write.busy}>
            Remove
          </Button>
        </>
      }
    >
      <WriteTrouble write={write} />
    </Dialog>
  );
}
