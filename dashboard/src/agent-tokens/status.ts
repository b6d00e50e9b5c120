import type { SuspensionCause, TokenFragment } from "../graphql/generated.ts";
import type { Tone } from "../ui/bits.tsx";

export interface Status {
  readonly tone: Tone;
  readonly name: string;
  /** What made it so. */
  readonly why: string | null;
  /** It is, or may again be, accepted. */
  readonly works: boolean;
}

const SUSPENDED: Record<SuspensionCause, string> = {
  PLAN_INACTIVE: "the plan has no tokens",
  OWNER_DEACTIVATED: "its creator is deactivated",
  OWNER_DEMOTED: "its creator's role no longer allows tokens",
  OWNER_REMOVED: "its creator left the workspace",
  WORKSPACE_POLICY: "the workspace's policy does not allow it",
};

const REASONS: Record<string, string> = {
  user: "revoked by hand",
  leaked: "it leaked",
  rotated: "another took its place",
  owner_deactivated: "its creator was deactivated",
  erased: "its owner was erased",
  operator: "revoked by the operator",
};

/** A reason in words: those that are ours are spelled out, the others stand as they were typed. */
export const reasonOf = (reason: string): string => REASONS[reason] ?? reason;

/** What a token is at `now`: it expires while it is looked at, and nobody says so. */
export function statusOf(token: TokenFragment, now: number): Status {
  const { status, expiresAt, suspension, revocationReason } = token;
  const over = expiresAt !== null && Date.parse(expiresAt) <= now;
  switch (over && status !== "REVOKED" ? "EXPIRED" : status) {
    case "ACTIVE":
      return token.replacedBy
        ? { tone: "accent", name: "Rotating", why: "its successor works already", works: true }
        : { tone: "success", name: "Active", why: null, works: true };
    case "SUSPENDED":
      return {
        tone: "warning",
        name: "Suspended",
        why: suspension && SUSPENDED[suspension],
        works: true,
      };
    case "EXPIRED":
      return { tone: "neutral", name: "Expired", why: null, works: false };
    case "REVOKED":
      return {
        tone: "danger",
        name: "Revoked",
        why: revocationReason && reasonOf(revocationReason),
        works: false,
      };
  }
}
