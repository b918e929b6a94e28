import { cn } from "./cn";

/** Three nodes, two links, one of them carrying a packet. */
export function LogoMark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 24 24" fill="none" className={cn("size-6", className)} aria-hidden>
      <path d="M6 17.5 12 6.5l6 11" stroke="currentColor" strokeWidth="1.8" strokeLinejoin="round" />
      <circle cx="12" cy="6" r="3" fill="var(--accent)" />
      <circle cx="5.5" cy="18" r="3" fill="var(--surface)" stroke="currentColor" strokeWidth="1.8" />
      <circle cx="18.5" cy="18" r="3" fill="var(--surface)" stroke="currentColor" strokeWidth="1.8" />
    </svg>
  );
}

export function Logo() {
  return (
    <span className="inline-flex items-center gap-2 text-[15px] font-semibold tracking-tight">
      <LogoMark />
      <span>
        exam<span className="text-accent">ctl</span>
      </span>
    </span>
  );
}
