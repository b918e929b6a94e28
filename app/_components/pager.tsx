import { ChevronLeft, ChevronRight } from "lucide-react";
import Link from "next/link";
import { buttonStyle } from "@/app/_ui/button";
import { cn } from "@/app/_ui/cn";
import { plural } from "@/app/_ui/format";

/** Goes through pages of a list; keeps the other parts of the address. */
export function Pager({
  page,
  pages,
  total,
  noun,
  path,
  query,
}: {
  page: number;
  pages: number;
  total: number;
  noun: string;
  path: string;
  query: Record<string, string | undefined>;
}) {
  const href = (to: number) => {
    const given = Object.entries({ ...query, page: String(to) }).filter((entry): entry is [string, string] =>
      Boolean(entry[1]),
    );
    return `${path}?${new URLSearchParams(given)}`;
  };
  return (
    <nav aria-label="Pages" className="mt-4 flex items-center justify-between gap-3 text-sm text-muted">
      <span className="tabular-nums">
        {plural(total, noun)} · page {page} of {pages}
      </span>
      <span className="flex gap-2">
        {page > 1 ? (
          <Link className={cn(buttonStyle({ size: "sm" }))} href={href(page - 1)}>
            <ChevronLeft aria-hidden /> Newer
          </Link>
        ) : null}
        {page < pages ? (
          <Link className={cn(buttonStyle({ size: "sm" }))} href={href(page + 1)}>
            Older <ChevronRight aria-hidden />
          </Link>
        ) : null}
      </span>
    </nav>
  );
}
