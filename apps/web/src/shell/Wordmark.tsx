/** The name, with three streams that become one. */
export function Wordmark() {
  return (
    <svg width="128" height="28" viewBox="0 0 128 28" aria-hidden focusable="false">
      <g fill="none" stroke="currentColor" strokeWidth="2.4" strokeLinecap="round" color="var(--mantine-color-anchor)">
        <path d="M2 5.5c7 0 7 8.5 14 8.5h8" />
        <path d="M2 22.5c7 0 7-8.5 14-8.5" opacity=".7" />
        <path d="M2 14h12" opacity=".45" />
      </g>
      <text x="33" y="19.8" fontSize="18" fontWeight="680" letterSpacing="-.35" fill="currentColor">
        Tributary
      </text>
    </svg>
  );
}
