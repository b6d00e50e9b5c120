import type { PersonFragment } from "../graphql/generated.ts";

const KINDS: Record<PersonFragment["kind"], string> = {
  USER: "erased person",
  AGENT_TOKEN: "agent token",
  OAUTH_CLIENT: "application",
  SERVICE_CREDENTIAL: "service",
  SYSTEM: "Keyledger",
  OPERATOR: "operator",
};

/** Who did something, by the name that is known of them. */
export function Person({ of }: { readonly of: PersonFragment }) {
  return of.label ? <bdi>{of.label}</bdi> : <span title={of.id}>{KINDS[of.kind]}</span>;
}
