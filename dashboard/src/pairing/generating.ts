import { useState } from "react";
import { GeneratePairingCodeDocument, type PairingFragment } from "../graphql/generated.ts";
import { useWrite } from "../graphql/use-write.ts";

/** A code that was just generated; it is here and nowhere else. */
export interface Offered {
  readonly pairing: PairingFragment;
  readonly code: string;
  readonly deepLink: string | null;
}

export type Generating = ReturnType<typeof useGenerating>;

/** The code that this page generated, and how to generate one. */
export function useGenerating(workspaceId: string) {
  const [offered, setOffered] = useState<Offered | null>(null);
  const [named, setNamed] = useState("");
  const write = useWrite(GeneratePairingCodeDocument);
  const generate = async (name: string) => {
    setNamed(name);
    const done = await write.send({ input: { workspaceId, tokenName: name.trim() || null } });
    if (!done?.pairingCode || !done.code) return;
    setOffered({ pairing: done.pairingCode, code: done.code, deepLink: done.deepLink });
  };
  return {
    offered,
    write,
    generate,
    /** Another code for a token of the same name. */
    again: () => generate(named),
    /** Back to where the name is asked. */
    reset: () => setOffered(null),
  };
}
