"use client";

import { ChevronDown } from "lucide-react";
import type { ComponentProps } from "react";
import { cn } from "./cn";
import { inputStyle } from "./field";

export interface SelectOption {
  value: string;
  label: string;
}

/** A choice of one from a short list: the browser's own, which every phone and screen reader knows how to open. */
export function Select({
  options,
  className,
  label,
  onValueChange,
  ...props
}: Omit<ComponentProps<"select">, "onChange"> & {
  options: SelectOption[];
  /** For screen readers, when no label element points here. */
  label?: string;
  onValueChange?: (value: string) => void;
}) {
  return (
    <span className={cn("relative inline-block w-full", className)}>
      <select
        aria-label={label}
        onChange={onValueChange ? (event) => onValueChange(event.target.value) : undefined}
        className={cn(inputStyle, "cursor-pointer appearance-none truncate pr-9")}
        {...props}
      >
        {options.map(({ value, label: text }) => (
          <option key={value} value={value} className="bg-surface text-ink">
            {text}
          </option>
        ))}
      </select>
      <ChevronDown className="pointer-events-none absolute top-2.5 right-3 size-4 text-muted" aria-hidden />
    </span>
  );
}
