/** A MAC that follows from a node's address: both ends of a tunnel know each other's without telling. */
export function tunnelMac(ip: string): string {
  const bytes = ip.split(".").map((part) => Number(part).toString(16).padStart(2, "0"));
  return `66:00:${bytes.join(":")}`;
}
