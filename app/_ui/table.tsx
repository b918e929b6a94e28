import type { ComponentProps } from "react";
import { cn } from "./cn";

/** Scrolls sideways by itself on narrow screens, with what it hides for screen readers; the keyboard scrolls it too. */
export function Table({
  className,
  caption,
  children,
  ...props
}: ComponentProps<"table"> & { caption: string }) {
  return (
    <div
      role="region"
      aria-label={caption}
      tabIndex={0}
      className="relative overflow-x-auto rounded-lg border border-line bg-surface"
    >
      <table className={cn("w-full text-sm", className)} {...props}>
        <caption className="sr-only">{caption}</caption>
        {children}
      </table>
    </div>
  );
}

export function Th({ className, ...props }: ComponentProps<"th">) {
  return (
    <th
      scope="col"
      className={cn(
        "border-b border-line bg-sunken px-3 py-2 text-left text-xs font-medium whitespace-nowrap text-muted sm:px-4",
        className,
      )}
      {...props}
    />
  );
}

export function Td({ className, ...props }: ComponentProps<"td">) {
  return <td className={cn("border-b border-line px-3 py-2.5 align-middle sm:px-4", className)} {...props} />;
}

export function Tr({ className, ...props }: ComponentProps<"tr">) {
  return <tr className={cn("hover:bg-sunken/60 [&:last-child>td]:border-b-0", className)} {...props} />;
}
