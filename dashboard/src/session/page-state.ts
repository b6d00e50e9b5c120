/** What the service says of itself in the page that it serves. */
export interface PageState {
  /** Nobody has an account yet: whoever comes first owns what they create. */
  readonly empty: boolean;
  readonly registration: "open" | "closed";
  /** The request for the page carried a session. */
  readonly session: boolean;
  /** Where people of the identity provider sign in, where there is one. */
  readonly provider: string | null;
}

const UNKNOWN: PageState = { empty: false, registration: "open", session: false, provider: null };

export const pageState: PageState = read();

function read(): PageState {
  const said = document.querySelector<HTMLMetaElement>('meta[name="keyledger"]')?.content;
  if (!said) return UNKNOWN;
  try {
    return { ...UNKNOWN, ...(JSON.parse(said) as Partial<PageState>) };
  } catch {
    return UNKNOWN;
  }
}

/** The way to the identity provider's page, and from there back to where somebody is now. */
export function providersPage(provider: string): string {
  const page = new URL(provider);
  const back = location.pathname.startsWith("/sign-") ? "/" : location.pathname;
  page.searchParams.set("redirect_url", new URL(back, location.origin).href);
  return page.href;
}
