import { formatPercent } from "./format";

/** A score as a ring with a notch at the pass mark. */
export function ScoreRing({
  percent,
  passMark,
  passed,
  size = 132,
}: {
  percent: number;
  passMark: number;
  passed: boolean;
  size?: number;
}) {
  const radius = 52;
  const around = 2 * Math.PI * radius;
  const angle = (passMark / 100) * 2 * Math.PI - Math.PI / 2;
  const notch = (r: number) => `${60 + r * Math.cos(angle)} ${60 + r * Math.sin(angle)}`;
  return (
    <svg
      viewBox="0 0 120 120"
      width={size}
      height={size}
      role="img"
      aria-label={`${formatPercent(percent)}, pass mark ${formatPercent(passMark)}`}
      className="shrink-0 max-sm:size-24"
    >
      <circle cx="60" cy="60" r={radius} fill="none" stroke="var(--line)" strokeWidth="9" />
      <circle
        cx="60"
        cy="60"
        r={radius}
        fill="none"
        stroke={passed ? "var(--good)" : "var(--bad)"}
        strokeWidth="9"
        strokeLinecap={percent > 0 ? "round" : "butt"}
        strokeDasharray={`${(percent / 100) * around} ${around}`}
        transform="rotate(-90 60 60)"
      />
      <path d={`M${notch(44)} L${notch(59)}`} stroke="var(--ink)" strokeWidth="2" strokeLinecap="round" />
      <text
        x="60"
        y="68"
        textAnchor="middle"
        className="fill-ink font-semibold tabular-nums"
        style={{ fontSize: 24, letterSpacing: "-0.03em" }}
      >
        {formatPercent(percent)}
      </text>
    </svg>
  );
}
