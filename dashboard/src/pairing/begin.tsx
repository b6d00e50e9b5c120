import { useState } from "react";
import { useHere } from "../app/viewer.tsx";
import { WriteTrouble } from "../graphql/write-trouble.tsx";
import { Button } from "../ui/button.tsx";
import { TextField } from "../ui/field.tsx";
import type { Generating } from "./generating.ts";
import styles from "./pairing.module.css";

/** What is asked before a code is generated, and what to do with it. */
export function Begin({ generating }: { readonly generating: Generating }) {
  const { workspace, unless } = useHere();
  const [name, setName] = useState("");
  const { write } = generating;
  const why =
    unless("tokens:manage") ??
    (workspace.plan === "FREE" ? "the plan Free has no tokens" : undefined);
  return (
    <div className={styles.begin}>
      <form
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!why) void generating.generate(name);
        }}
      >
        <WriteTrouble write={write} shown={["tokenName"]} />
        <TextField
          label="Name of the token"
          optional
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={write.errorAt("tokenName")}
          hint="Without one it is called after the device."
        />
        <div>
          <Button type="submit" look="primary" unavailable={why} busy={write.busy}>
            Generate pairing code
          </Button>
        </div>
      </form>
      <ol className={styles.steps}>
        <li>Generate a code. It works once, for a few minutes.</li>
        <li>Type it into the app, scan it, or open the app from here.</li>
        <li>The app gets a token of its own, which you see and revoke under Tokens.</li>
      </ol>
    </div>
  );
}
