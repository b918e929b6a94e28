"use client";

import { KeyRound, LogOut, Menu as MenuIcon } from "lucide-react";
import Link, { useLinkStatus } from "next/link";
import { usePathname, useRouter } from "next/navigation";
import { useTheme } from "next-themes";
import { signOut } from "@/app/_client/sign-out";
import { Button } from "@/app/_ui/button";
import { cn } from "@/app/_ui/cn";
import { roleWords } from "@/app/_ui/format";
import { Logo } from "@/app/_ui/logo";
import {
  Menu,
  MenuChoice,
  MenuContent,
  MenuItem,
  MenuLabel,
  MenuSeparator,
  MenuTrigger,
} from "@/app/_ui/menu";
import { ThemeToggle, themes } from "@/app/_ui/theme";

interface SiteHeaderProps {
  links: { href: string; label: string }[];
  name: string;
  username: string;
  role: string;
}

export function SiteHeader({ links, name, username, role }: SiteHeaderProps) {
  const path = usePathname();
  const router = useRouter();
  const { theme, setTheme } = useTheme();
  const isHere = (href: string) => (href === "/" ? path === "/" : path.startsWith(href));
  return (
    <header className="sticky top-0 z-30 border-b border-line bg-bg/90 backdrop-blur-md">
      <div className="mx-auto flex h-14 max-w-6xl items-center gap-6 px-4 sm:px-6">
        <Link href="/" aria-label="examctl: practice tests">
          <Logo />
        </Link>
        <nav aria-label="Main" className="hidden gap-1 md:flex">
          {links.map(({ href, label }) => (
            <Link
              key={href}
              href={href}
              aria-current={isHere(href) ? "page" : undefined}
              className={cn(
                "rounded-md px-2.5 py-1.5 text-sm text-muted transition-colors hover:text-ink",
                isHere(href) && "bg-sunken font-medium text-ink",
              )}
            >
              {label}
              <Pending />
            </Link>
          ))}
        </nav>
        <div className="ml-auto flex items-center gap-2">
          <ThemeToggle className="hidden sm:inline-flex" />
          <Menu>
            <MenuTrigger asChild>
              <Button variant="ghost" className="gap-2.5 px-2 text-ink" aria-label={`Menu of ${name}`}>
                <span
                  aria-hidden
                  className="grid size-6 place-items-center rounded-full bg-accent-soft text-[11px] font-semibold text-accent"
                >
                  {initials(name)}
                </span>
                <span className="hidden max-w-36 truncate sm:inline">{name}</span>
                <MenuIcon className="md:hidden" aria-hidden />
              </Button>
            </MenuTrigger>
            <MenuContent>
              <MenuLabel>
                <span className="font-medium text-ink">{username}</span> · {roleWords[role]}
              </MenuLabel>
              <div className="md:hidden">
                <MenuSeparator />
                {links.map(({ href, label }) => (
                  <MenuItem key={href} onSelect={() => router.push(href)}>
                    {label}
                  </MenuItem>
                ))}
              </div>
              <div className="sm:hidden">
                <MenuSeparator />
                <MenuLabel>Theme</MenuLabel>
                <MenuChoice value={theme} onChange={setTheme} options={themes} />
              </div>
              <MenuSeparator />
              <MenuItem onSelect={() => router.push("/account")}>
                <KeyRound aria-hidden /> Account and password
              </MenuItem>
              <MenuItem onSelect={() => void signOut()}>
                <LogOut aria-hidden /> Sign out
              </MenuItem>
            </MenuContent>
          </Menu>
        </div>
      </div>
    </header>
  );
}

/** A dot on the link that was followed, until its page is there. */
function Pending() {
  const { pending } = useLinkStatus();
  return pending ? (
    <span
      role="status"
      className="ml-1.5 inline-block size-1.5 animate-pulse rounded-full bg-accent align-middle"
    >
      <span className="sr-only">Loading</span>
    </span>
  ) : null;
}

function initials(name: string): string {
  const words = name.split(/\s+/).filter(Boolean);
  return ((words[0]?.[0] ?? "?") + (words.length > 1 ? words.at(-1)![0] : "")).toUpperCase();
}
