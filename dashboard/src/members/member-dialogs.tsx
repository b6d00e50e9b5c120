import { useState } from "react";
import { useHere } from "../app/viewer.tsx";
import {
  AddMemberDocument,
  ChangeMemberRoleDocument,
  RemoveMemberDocument,
  type Role,
} from "../graphql/generated.ts";
import { useWrite } from "../graphql/use-write.ts";
import { WriteDialog } from "../graphql/write-dialog.tsx";
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
      {ROLES.filter(([name]) => name === role || given.includes(name)).map(([name, label]) => (
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
  const write = useWrite(AddMemberDocument, {
    USER_NOT_FOUND: { field: "username", text: "Nobody here signs in with this name." },
  });
  const submit = async () => {
    setMissing(!username.trim());
    if (!username.trim()) return;
    const input = { workspaceId: workspace.id, username: username.trim(), role };
    if (await write.send({ input })) onClose();
  };
  return (
    <WriteDialog
      title="Add member"
      description="Somebody who has an account here."
      guarded
      onClose={onClose}
      onSubmit={submit}
      write={write}
      shown={["username", "role"]}
      action="Add member"
    >
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
    </WriteDialog>
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
    <WriteDialog
      title="Change role"
      description={
        <>
          Of <bdi>{member.user.username}</bdi>. Tokens they created are suspended while their role
          does not allow tokens.
        </>
      }
      onClose={onClose}
      onSubmit={submit}
      write={write}
      shown={["role"]}
      action="Change role"
    >
      <RoleField role={role} onChange={setRole} error={write.errorAt("role")} />
    </WriteDialog>
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
    <WriteDialog
      title="Remove member"
      description={
        <>
          <bdi>{member.user.username}</bdi> loses access to this workspace, and the tokens they
          created here are suspended until they come back.
        </>
      }
      onClose={onClose}
      onSubmit={submit}
      write={write}
      action="Remove"
      danger
    />
  );
}
