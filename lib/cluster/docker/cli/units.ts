/** "5 minutes" (docker/go-units HumanDuration). */
export function humanDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 1) return "Less than a second";
  if (seconds === 1) return "1 second";
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.floor(seconds / 60);
  if (minutes === 1) return "About a minute";
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.round(seconds / 3600);
  if (hours === 1) return "About an hour";
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.floor(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.floor(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.floor(hours / 24 / 30)} months`;
  return `${Math.floor(hours / 24 / 365)} years`;
}

/** "192MB": four digits of decimal units. */
export function humanSize(bytes: number): string {
  let value = bytes;
  for (const unit of ["B", "kB", "MB", "GB"]) {
    if (value < 1000 || unit === "GB") return `${Number(value.toPrecision(3))}${unit}`;
    value /= 1000;
  }
  return `${bytes}B`;
}

/** "2026-01-02T03:04:05.678000000Z"; Go's zero time for none. */
export function goTime(ms: number | undefined): string {
  return ms === undefined ? "0001-01-01T00:00:00Z" : new Date(ms).toISOString().replace("Z", "000000Z");
}

export const shortId = (id: string) => id.replace(/^sha256:/, "").slice(0, 12);

/** "nginx" of "docker.io/library/nginx:1.27", and its tag. */
export function familiarName(name: string): { repository: string; tag: string } {
  const [, repository = name, tag = "latest"] = /^(.*?)(?::([^/:]+))?$/.exec(name) ?? [];
  return { repository: repository.replace(/^docker\.io\/(library\/)?/, ""), tag };
}
