/** "About an hour ago": docker/go-units HumanDuration. */
export function ago(sinceMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.floor((nowMs - sinceMs) / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.round(seconds / 3600);
  const text =
    seconds < 1
      ? "Less than a second"
      : seconds === 1
        ? "1 second"
        : seconds < 60
          ? `${seconds} seconds`
          : minutes === 1
            ? "About a minute"
            : minutes < 60
              ? `${minutes} minutes`
              : hours === 1
                ? "About an hour"
                : hours < 48
                  ? `${hours} hours`
                  : hours < 24 * 7 * 2
                    ? `${Math.floor(hours / 24)} days`
                    : `${Math.floor(hours / 24 / 7)} weeks`;
  return `${text} ago`;
}

/** "26.9MB": docker/go-units HumanSizeWithPrecision of three digits. */
export function humanSize(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = bytes;
  let unit = 0;
  for (; size >= 1000 && unit < units.length - 1; unit++) size /= 1000;
  return `${Number(size.toPrecision(3))}${units[unit]}`;
}

/** The first 13 digits, as crictl shows ids. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, "").slice(0, 13);
}
