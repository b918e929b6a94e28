import { cn } from "./cn";

/** A bar from 0 to 100. `label` says of what. */
export function Progress({
  value,
  label,
  tone = "accent",
  className,
}: {
  value: number;
  label: string;
  tone?: "accent" | "good" | "bad" | "warn";
  className?: string;
}) {
  const share = Math.max(0, Math.min(100, value));
  const tones = { accent: "bg-accent", good: "bg-good", bad: "bg-bad", warn: "bg-warn" };
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuenow={Math.round(share)}
      aria-valuemin={0}
      aria-valuemax={100}
      className={cn("h-1.5 overflow-hidden rounded-full bg-line", className)}
    >
      <div
        className={cn("h-full rounded-full transition-[width]", tones[tone])}
        style={{ width: `${share}%` }}
      />
    </div>
  );
}
