/** A lab's nodes on their switch, as a drawing. */
export function Topology({ nodes, active }: { nodes: number; active?: boolean }) {
  const shown = Math.min(nodes, 4);
  const gap = shown > 3 ? 26 : 34;
  const xs = Array.from({ length: shown }, (_, index) => 16 + index * gap);
  const width = 32 + (shown - 1) * gap;
  return (
    <svg
      viewBox={`0 4 ${width} 40`}
      width={width}
      height={40}
      className="shrink-0 text-line-strong"
      aria-hidden
    >
      <path
        d={`M${xs[0]! - 14} 40H${xs.at(-1)! + 14}`}
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
      />
      {xs.map((x, index) => (
        <g key={x}>
          <path d={`M${x} 24V40`} stroke="currentColor" strokeWidth="1.6" />
          {active ? (
            <path d={`M${x} 40V24`} stroke="var(--accent)" strokeWidth="1.8" className="animate-packet" />
          ) : null}
          <rect
            x={x - 9}
            y="8"
            width="18"
            height="16"
            rx="4"
            fill={index === 0 ? "var(--accent-soft)" : "var(--surface)"}
            stroke={index === 0 ? "var(--accent)" : "currentColor"}
            strokeWidth="1.6"
          />
          <circle cx={x - 4} cy="16" r="1.4" fill={index === 0 ? "var(--accent)" : "currentColor"} />
          <path
            d={`M${x} 16h4.5`}
            stroke={index === 0 ? "var(--accent)" : "currentColor"}
            strokeWidth="1.4"
          />
        </g>
      ))}
    </svg>
  );
}
