import type { CombinedError } from "@urql/core";

/** Why something could not be had or done, as far as the person in front can act on it. */
export type Trouble =
  | { readonly kind: "offline" }
  | { readonly kind: "signed-out" }
  | { readonly kind: "forbidden"; readonly permission: string | null }
  | { readonly kind: "plan"; readonly required: string; readonly current: string | null }
  | { readonly kind: "behind" }
  | { readonly kind: "hurried"; readonly seconds: number }
  | { readonly kind: "unavailable" }
  | { readonly kind: "changed" }
  | { readonly kind: "gone" }
  | { readonly kind: "input"; readonly message: string }
  | { readonly kind: "fault"; readonly request: string | null };

/** What `extensions` of a GraphQL error may hold. */
interface Extensions {
  readonly code?: string;
  readonly permission?: string;
  readonly requiredPlan?: string;
  readonly currentPlan?: string;
  readonly retryAfter?: number;
  readonly requestId?: string;
}

/** Reads the code of an error; an error that has none came from a proxy, or from no one at all. */
export function troubleOf(error: CombinedError): Trouble {
  const [first] = error.graphQLErrors;
  if (first) return byCode(first.extensions as Extensions, first.message);
  const response = error.response as Response | undefined;
  switch (response?.status) {
    case undefined:
      return { kind: "offline" };
    case 401:
      return { kind: "signed-out" };
    case 429:
      return { kind: "hurried", seconds: Number(response?.headers.get("Retry-After")) || 1 };
    case 502:
    case 503:
    case 504:
      return { kind: "unavailable" };
    default:
      return { kind: "fault", request: response?.headers.get("X-Request-Id") ?? null };
  }
}

function byCode(extensions: Extensions, message: string): Trouble {
  switch (extensions.code) {
    case "UNAUTHENTICATED":
      return { kind: "signed-out" };
    case "FORBIDDEN":
      return { kind: "forbidden", permission: extensions.permission ?? null };
    case "PLAN_REQUIRED": {
      const { requiredPlan = "PRO", currentPlan = null } = extensions;
      return { kind: "plan", required: requiredPlan, current: currentPlan };
    }
    case "STALE_READ":
      return { kind: "behind" };
    case "RATE_LIMITED":
      return { kind: "hurried", seconds: extensions.retryAfter ?? 1 };
    case "UNAVAILABLE":
      return { kind: "unavailable" };
    case "VERSION_CONFLICT":
      return { kind: "changed" };
    case "NOT_FOUND":
      return { kind: "gone" };
    case "BAD_USER_INPUT":
      return { kind: "input", message };
    default:
      return { kind: "fault", request: extensions.requestId ?? null };
  }
}

/** How long to wait before asking again by ourselves; null where that would not help. */
export function retryIn(trouble: Trouble, attempt: number): number | null {
  const backoff = Math.min(500 * 2 ** attempt, 5_000);
  switch (trouble.kind) {
    case "offline":
    case "behind":
    case "unavailable":
      return backoff;
    case "hurried":
      return Math.max(trouble.seconds * 1000, backoff);
    default:
      return null;
  }
}

/** Whether what is shown may be older than what happened. */
export const isPassing = (trouble: Trouble): boolean => retryIn(trouble, 0) !== null;
