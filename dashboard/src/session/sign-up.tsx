import { Link } from "wouter";
import { Notice } from "../ui/bits.tsx";
import { register, signIn } from "./accounts.ts";
import { CredentialsForm } from "./credentials-form.tsx";
import { pageState } from "./page-state.ts";
import { ProviderLink } from "./provider-link.tsx";
import { Screen } from "./screen.tsx";
import { session } from "./session.ts";

async function submit(name: string, secret: string) {
  const refused = (await register(name, secret)) ?? (await signIn(name, secret));
  if (!refused) session.signedIn();
  return refused;
}

/** A new account; on an empty service, the first one. */
export function SignUp() {
  if (pageState.registration === "closed" && !pageState.empty) return <Closed />;
  return (
    <Screen
      title={pageState.empty ? "Set up Keyledger" : "Create your account"}
      text={
        pageState.empty
          ? "Nobody is here yet. Create the first account; it owns the workspace that comes with it."
          : "You get a workspace of your own, and can join others."
      }
      other={
        !pageState.empty && (
          <>
            Have an account? <Link href="/sign-in">Sign in</Link>
          </>
        )
      }
    >
      <ProviderLink />
      <CredentialsForm
        fresh
        action={pageState.empty ? "Create the owner" : "Create account"}
        submit={submit}
      />
    </Screen>
  );
}

function Closed() {
  return (
    <Screen
      title="Registration is closed"
      text="New accounts are made by whoever runs this service."
      other={<Link href="/sign-in">Back to signing in</Link>}
    >
      <ProviderLink />
      <Notice tone="neutral">Ask them for an account, then sign in with it.</Notice>
    </Screen>
  );
}
