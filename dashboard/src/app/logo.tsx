/** Three entries of a ledger, one of them a key. */
export function Logo({ size = 22 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <rect width="24" height="24" rx="6" fill="var(--accent)" />
      <g stroke="#fff" strokeWidth="2" strokeLinecap="round" fill="none">
        <path d="M6.5 8h11" opacity=".55" />
        <path d="M6.5 16.5h6" opacity=".55" />
        <circle cx="8.5" cy="12.2" r="2" />
        <path d="M10.6 12.2h7v2" />
      </g>
    </svg>
  );
}
