/** A value of the schema's enums as people write it: `PRO` is Pro. */
export const spoken = (value: string): string =>
  value.charAt(0) + value.slice(1).toLowerCase().replaceAll("_", " ");
