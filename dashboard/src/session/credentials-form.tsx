import { type FormEvent, type ReactNode, useState } from "react";
import { Notice } from "../ui/bits.tsx";
import { Button } from "../ui/button.tsx";
import { PasswordField, TextField } from "../ui/field.tsx";
import type { Refusal } from "./accounts.ts";
import styles from "./sign-in.module.css";

interface CredentialsFormProps {
  readonly action: string;
  /** A new account: the password's rule is told, and a password manager offers one. */
  readonly fresh?: boolean;
  readonly name?: string;
  readonly submit: (name: string, secret: string) => Promise<Refusal | null>;
  readonly children?: ReactNode;
}

/** A name and a password. */
export function CredentialsForm(props: CredentialsFormProps) {
  const { action, fresh = false, name: known = "", submit, children } = props;
  const [name, setName] = useState(known);
  const [secret, setSecret] = useState("");
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<Refusal | null>(null);

  const missing = (): Refusal | null => {
    if (!name.trim()) return { field: "name", message: "Enter your name." };
    if (!secret) return { field: "secret", message: "Enter your password." };
    return null;
  };
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation();
    if (busy) return;
    const lacking = missing();
    setRefused(lacking);
    if (lacking) return;
    setBusy(true);
    const answer = await submit(name.trim(), secret);
    setBusy(false);
    setRefused(answer);
    if (answer === null) setSecret("");
  };
  const errorOf = (field: "name" | "secret") =>
    refused?.field === field ? refused.message : undefined;

  return (
    <form className={styles.form} onSubmit={onSubmit} noValidate>
      {refused && refused.field === null && <Notice tone="danger">{refused.message}</Notice>}
      {known ? (
        <>
          <p>
            As <bdi className={styles.known}>{known}</bdi>
          </p>
          {/* For password managers: which account it is. */}
          <input name="username" autoComplete="username" value={known} readOnly hidden />
        </>
      ) : (
        <TextField
          label="Name"
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={errorOf("name")}
          hint={fresh ? "3 to 64 characters, no spaces." : undefined}
        />
      )}
      <PasswordField
        label="Password"
        name="password"
        autoComplete={fresh ? "new-password" : "current-password"}
        autoFocus={known !== ""}
        value={secret}
        onChange={(event) => setSecret(event.target.value)}
        error={errorOf("secret")}
        hint={
          fresh ? "At least 8 characters; a few words that only you would put together." : undefined
        }
      />
      {children}
      <Button type="submit" look="primary" wide large busy={busy}>
        {action}
      </Button>
    </form>
  );
}
