/** Shapes of iproute2's JSON (`ip -j -d address`, `ip -j route`) as far as checks use them. */

export interface Link {
  ifname: string;
  flags: string[];
  mtu: number;
  /** "UP", "DOWN", "UNKNOWN" (loopback) */
  operstate: string;
  /** "ether", "loopback" */
  link_type: string;
  /** The MAC. */
  address?: string;
  /** The bridge that it is a port of. */
  master?: string;
  /** "bridge", "veth", "vxlan" */
  linkinfo?: { info_kind?: string };
  addr_info: { family: string; local: string; prefixlen: number }[];
}

export interface Route {
  /** "default" or "10.0.0.0/24" */
  dst: string;
  gateway?: string;
  dev: string;
  prefsrc?: string;
  scope?: string;
  metric?: number;
}

export interface Socket {
  /** "LISTEN", "ESTAB", "TIME-WAIT" ... */
  state: string;
  local: { address: string; port: number };
  peer: { address: string; port: number };
  /** Program names, such as ["etcd"]; empty when the kernel does not tell. */
  programs: string[];
}

/** Reads `ss -Htanp`: state, two queues, local, peer, users:(("name",pid=1,fd=2)). Lines of another form are skipped. */
export function parseSockets(text: string): Socket[] {
  return text.split("\n").flatMap((line) => {
    const [state, , , local, peer, ...users] = line.trim().split(/\s+/);
    const here = readEndpoint(local);
    const there = readEndpoint(peer);
    if (!state || !here || !there) return [];
    const programs = [...users.join(" ").matchAll(/"([^"]*)"/g)].map((match) => match[1]!);
    return [{ state, local: here, peer: there, programs: [...new Set(programs)] }];
  });
}

/** "127.0.0.1:2379", "[::]:80", "*:10257", "0.0.0.0:*" (port 0). */
function readEndpoint(text = ""): { address: string; port: number } | undefined {
  const match = /^(.*):(\d+|\*)$/.exec(text);
  if (!match) return undefined;
  const address = match[1]!.replace(/^\[|\]$/g, "").replace(/%.*$/, "");
  return { address, port: match[2] === "*" ? 0 : Number(match[2]) };
}
