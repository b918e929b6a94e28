import type { Metadata, Viewport } from "next";
import { headers } from "next/headers";
import type { ReactNode } from "react";
import { Toaster } from "@/app/_ui/toaster";
import { ThemeProvider } from "@/app/_ui/theme";
import { TooltipProvider } from "@/app/_ui/tooltip";
import "./globals.css";

export const metadata: Metadata = {
  title: { default: "examctl", template: "%s · examctl" },
  description: "Practice tests for Kubernetes networking, in real clusters.",
};

export const viewport: Viewport = {
  width: "device-width",
  initialScale: 1,
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#f6f9fa" },
    { media: "(prefers-color-scheme: dark)", color: "#0c1216" },
  ],
};

export default async function RootLayout({ children }: { children: ReactNode }) {
  const nonce = (await headers()).get("x-nonce") ?? undefined;
  return (
    <html lang="en" suppressHydrationWarning>
      <body className="min-h-dvh">
        <a
          href="#main"
          className="sr-only z-50 rounded-md bg-accent px-4 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-3 focus:left-3"
        >
          Skip to the content
        </a>
        <ThemeProvider nonce={nonce}>
          <TooltipProvider delayDuration={300}>
            {children}
            <Toaster />
          </TooltipProvider>
        </ThemeProvider>
      </body>
    </html>
  );
}
