/**
 * A network configuration list as /etc/cni/net.d holds it. Follows libcni and the CNI specification 1.0: which file
 * counts, and what of it is no configuration.
 */
export interface CniList {
  name: string;
  cniVersion: string;
  plugins: CniPlugin[];
}

export interface CniPlugin {
  type: string;
  name?: string;
  capabilities?: Record<string, boolean>;
  [key: string]: unknown;
}

/** Parses a .conflist, or a .conf as a list of one. Undefined for what libcni would not load. */
export function parseCniFile(text: string): CniList | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const list = value as Partial<CniList> & Partial<CniPlugin>;
  const cniVersion = typeof list.cniVersion === "string" ? list.cniVersion : "0.1.0";
  if (typeof list.name !== "string" || list.name === "") return undefined;
  if (Array.isArray(list.plugins)) {
    const plugins = list.plugins.filter(isPlugin);
    return plugins.length === list.plugins.length && plugins.length > 0
      ? { name: list.name, cniVersion, plugins }
      : undefined;
  }
  return isPlugin(value) ? { name: list.name, cniVersion, plugins: [value] } : undefined;
}

function isPlugin(value: unknown): value is CniPlugin {
  return (
    typeof value === "object" &&
    value !== null &&
    Boolean((value as CniPlugin).type) &&
    typeof (value as CniPlugin).type === "string"
  );
}
