/** The sign-in page, which leads back to `path` afterwards. */
export function signInPath(path: string): string {
  return path === "/" ? "/sign-in" : `/sign-in?from=${encodeURIComponent(path)}`;
}

/** The page to show after signing in: one of ours, whatever the address says, or the first one. */
export function wayBack(from: unknown): string {
  const isOurs = typeof from === "string" && /^\/(?![/\\])[\x21-\x7e]*$/.test(from) && !from.includes("\\");
  return isOurs && !from.startsWith("/sign-in") ? from : "/";
}
