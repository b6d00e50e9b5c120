import { Link } from "wouter";
import { signIn } from "./accounts.ts";
import { CredentialsForm } from "./credentials-form.tsx";
import { pageState } from "./page-state.ts";
import { ProviderLink } from "./provider-link.tsx";
import { Screen } from "./screen.tsx";
import { session } from "./session.ts";

export function SignIn() {
  const submit = async (name: string, secret: string) => {
    const refused = await signIn(name, secret);
    if (!refused) session.signedIn();
    return refused;
  };
  return (
    <Screen
      title="Sign in"
      text="To your workspace's tokens and their history."
      other={
        pageState.registration === "open" && (
          <>
            No account yet? <Link href="/sign-up">Create one</Link>
          </>
        )
      }
    >
      <ProviderLink />
      <CredentialsForm action="Sign in" submit={submit} />
    </Screen>
  );
}
