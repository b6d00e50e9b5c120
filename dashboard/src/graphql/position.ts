/**
 * How far the service must have read before it answers us: the position of what we last saw
 * happen. Opaque; only the service can compare two of them, so the last one seen is kept.
 */
let seen: string | null = null;

export const position = {
  get: (): string | null => seen,
  saw(at: string | null | undefined): void {
    if (at) seen = at;
  },
  forget(): void {
    seen = null;
  },
};
