import type { TokenFragment } from "../graphql/generated.ts";

/**
 * A secret while it is shown. Whoever closes the dialog forgets it: React keeps what was last
 * rendered, so an object that holds nothing any more is kept instead of the text.
 */
export class Secret {
  private kept: string | null;

  constructor(text: string) {
    this.kept = text;
  }

  get text(): string {
    return this.kept ?? "";
  }

  forget(): void {
    this.kept = null;
  }
}

/** A token that was just made. Its secret is here and nowhere else. */
export interface Issued {
  readonly token: TokenFragment;
  /** Null where the first answer got lost on its way: then nobody has it. */
  readonly secret: Secret | null;
}

export const issuedOf = (token: TokenFragment, secret: string | null): Issued => ({
  token,
  secret: secret === null ? null : new Secret(secret),
});
