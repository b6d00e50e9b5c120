import { useState } from "react";
import { type AnyVariables, type TypedDocumentNode, useClient } from "urql";
import type { UserErrorCode } from "./generated.ts";
import { type Trouble, troubleOf } from "./trouble.ts";

export interface UserError {
  readonly code: UserErrorCode;
  readonly message: string;
  readonly path: string[] | null;
}

interface Payload {
  readonly userErrors: readonly UserError[];
}

/** The one field of a mutation that is sent alone. */
type PayloadOf<T> = T extends Record<string, infer P> ? P : never;

export interface Write<P, V> {
  readonly busy: boolean;
  readonly trouble: Trouble | null;
  /** What the service says is wrong with a field of the input. */
  readonly errorAt: (field: string) => string | undefined;
  /** What it says that belongs to no field that is shown. */
  readonly errorsBeside: (...shown: string[]) => readonly string[];
  /** Sends it; null where it did not happen. The answer is kept nowhere: it may hold a secret. */
  readonly send: (variables: V) => Promise<P | null>;
}

/** What a refusal means in a form: which field is at fault, and what to do about it. */
type Meanings = Partial<Record<UserErrorCode, { readonly field: string; readonly text: string }>>;

/** A mutation, and what came of it. */
export function useWrite<T, V extends AnyVariables>(
  mutation: TypedDocumentNode<T, V>,
  meanings: Meanings = {},
): Write<PayloadOf<T>, V> {
  const client = useClient();
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [userErrors, setUserErrors] = useState<readonly UserError[]>([]);

  const send = async (variables: V): Promise<PayloadOf<T> | null> => {
    if (busy) return null;
    setBusy(true);
    setTrouble(null);
    setUserErrors([]);
    const { data, error } = await client.mutation<T, V>(mutation, variables).toPromise();
    setBusy(false);
    if (error || !data) {
      setTrouble(error ? troubleOf(error) : { kind: "fault", request: null });
      return null;
    }
    const [payload] = Object.values(data as Record<string, PayloadOf<T>>).filter(isPayload);
    const refused = (payload as Payload | undefined)?.userErrors ?? [];
    setUserErrors(refused.map((error) => meant(error, meanings)));
    return refused.length === 0 && payload !== undefined ? payload : null;
  };

  const field = (error: UserError) => error.path?.at(-1);
  return {
    busy,
    trouble,
    errorAt: (name) => sentence(userErrors.find((error) => field(error) === name)?.message),
    errorsBeside: (...shown) =>
      userErrors
        .filter((error) => !shown.includes(field(error) ?? ""))
        .map((error) => sentence(error.message) ?? ""),
    send,
  };
}

function meant(error: UserError, meanings: Meanings): UserError {
  const meaning = meanings[error.code];
  return meaning ? { ...error, message: meaning.text, path: [meaning.field] } : error;
}

const isPayload = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "userErrors" in value;

function sentence(text: string | undefined): string | undefined {
  if (!text) return undefined;
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}
