import { useId, type ComponentProps, type ReactNode } from "react";
import { cn } from "./cn";

export const inputStyle =
  "h-9 w-full rounded-md border border-line-strong bg-surface px-3 text-sm text-ink placeholder:text-muted/80 transition-colors hover:border-muted aria-invalid:border-bad disabled:bg-sunken disabled:text-muted";

export function Input({ className, ...props }: ComponentProps<"input">) {
  return <input className={cn(inputStyle, className)} {...props} />;
}

export function Textarea({ className, ...props }: ComponentProps<"textarea">) {
  return <textarea className={cn(inputStyle, "h-auto min-h-20 py-2", className)} {...props} />;
}

/** A label above its control; `children` gets the ids to wire up. */
export function Field({
  label,
  hint,
  error,
  children,
}: {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  children: (props: {
    id: string;
    "aria-describedby": string | undefined;
    "aria-invalid": boolean;
  }) => ReactNode;
}) {
  const id = useId();
  const noteId = `${id}-note`;
  const note = error ?? hint;
  return (
    <div>
      <label htmlFor={id} className="mb-1.5 block text-[13px] font-medium">
        {label}
      </label>
      {children({ id, "aria-describedby": note ? noteId : undefined, "aria-invalid": Boolean(error) })}
      {note ? (
        <p id={noteId} className={cn("mt-1.5 text-[13px]", error ? "text-bad" : "text-muted")}>
          {note}
        </p>
      ) : null}
    </div>
  );
}
