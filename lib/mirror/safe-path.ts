/** Whether a URL's path names a place below its host's folder and nothing else: no empty, hidden or upward part. */
export function isSafePath(path: string): boolean {
  if (!path.startsWith("/") || path.length > 1024 || /[\0\\]/.test(path)) return false;
  return path
    .slice(1)
    .split("/")
    .every((part) => part !== "" && !part.startsWith(".") && part.length <= 200);
}
