/** What the service says of itself in the page that it serves. */
export interface PageState {
  /** Nobody has an account yet: whoever comes first owns what they create. */
  readonly empty: boolean;
  readonly registration: "open" | "closed";
  /** The request for the page carried a session. */
  readonly session: boolean;
}

const UNKNOWN: PageState = { empty: false, registration: "open", session: false };

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
