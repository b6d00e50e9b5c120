import { position } from "../graphql/position.ts";

/** Why the service did not let somebody in, or did not make their account. */
export interface Refusal {
  /** Which of the two fields is at fault, where one is. */
  readonly field: "name" | "secret" | null;
  readonly message: string;
}

/** Makes an account. */
export const register = (name: string, secret: string): Promise<Refusal | null> =>
  send("/register", name, secret);

/** Signs in: the answer sets a cookie that no script can read. */
export const signIn = (name: string, secret: string): Promise<Refusal | null> =>
  send("/login", name, secret);

async function send(path: string, name: string, secret: string): Promise<Refusal | null> {
  let response: Response;
  try {
    response = await fetch(path, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ user_id: name, user_secret: secret }),
    });
  } catch {
    return refusal(null, "The service cannot be reached. Check your connection, then try again.");
  }
  if (response.ok) {
    position.saw(response.headers.get("X-Position"));
    return null;
  }
  const body = (await response.json().catch(() => ({}))) as Partial<Record<string, string>>;
  const { error = "", error_description: said = "" } = body;
  return explain(error, said, Number(response.headers.get("Retry-After")) || 1);
}

function refusal(field: Refusal["field"], message: string): Refusal {
  return { field, message };
}

/** Exported for its test. */
export function explain(code: string, said: string, seconds: number): Refusal {
  switch (code) {
    case "invalid_credentials":
      return refusal(null, "This name and password do not go together. Check both.");
    case "too_many_attempts":
      return refusal(null, `Too many attempts. Wait ${waiting(seconds)}, then try again.`);
    case "user_id_taken":
      return refusal("name", "This name is taken. Choose another, or sign in if it is yours.");
    case "invalid_user_id":
      return refusal("name", sentence(said, "This cannot be a name to sign in with."));
    case "weak_secret":
      return refusal("secret", sentence(said, "This password is too easy to guess."));
    case "registration_closed":
      return refusal(null, "Registration is closed here. Ask whoever runs the service.");
    case "unavailable":
    case "stale":
      return refusal(null, "The service is not ready. Try again in a moment.");
    default:
      return refusal(null, "Something went wrong on our side. Try again in a moment.");
  }
}

const waiting = (seconds: number): string =>
  seconds < 90
    ? `${seconds} ${seconds === 1 ? "second" : "seconds"}`
    : `${Math.ceil(seconds / 60)} minutes`;

/** The service's own words, as a sentence. */
function sentence(said: string, otherwise: string): string {
  if (!said) return otherwise;
  return `${said.charAt(0).toUpperCase()}${said.slice(1).replaceAll("user id", "name")}.`;
}
