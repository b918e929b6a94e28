/** The n-th address of an IPv4 range. */
export function addressIn(cidr: string, index: number): string {
  const [address = "", prefix = "32"] = cidr.split("/");
  const base = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(prefix));
  const value = Math.floor(base / size) * size + index;
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}
