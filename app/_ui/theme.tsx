"use client";

import { Monitor, Moon, Sun } from "lucide-react";
import { ThemeProvider as NextThemes, useTheme } from "next-themes";
import { useSyncExternalStore, type ReactNode } from "react";
import { cn } from "./cn";

export function ThemeProvider({ nonce, children }: { nonce: string | undefined; children: ReactNode }) {
  return (
    <NextThemes attribute="class" defaultTheme="system" enableSystem disableTransitionOnChange nonce={nonce}>
      {children}
    </NextThemes>
  );
}

export const themes = [
  { value: "light", label: "Light", Icon: Sun },
  { value: "dark", label: "Dark", Icon: Moon },
  { value: "system", label: "As the system", Icon: Monitor },
];

const never = () => () => undefined;

/** Light, dark or as the system has it. */
export function ThemeToggle({ className }: { className?: string }) {
  const { theme, setTheme } = useTheme();
  const mounted = useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
  return (
    <div role="group" aria-label="Theme" className={cn("inline-flex rounded-md bg-sunken p-0.5", className)}>
      {themes.map(({ value, label, Icon }) => {
        const chosen = mounted && theme === value;
        return (
          <button
            key={value}
            type="button"
            aria-pressed={chosen}
            aria-label={label}
            title={label}
            onClick={() => setTheme(value)}
            className={cn(
              "grid h-7 w-8 place-items-center rounded-[5px] text-muted hover:text-ink",
              chosen && "bg-surface text-ink shadow-raised",
            )}
          >
            <Icon className="size-3.5" aria-hidden />
          </button>
        );
      })}
    </div>
  );
}
