import { createHash, randomInt, X509Certificate } from "node:crypto";
import { refs } from "@/lib/cluster/client/refs";
import { isAlreadyExists, isNotFound } from "@/lib/cluster/client/status";
import type { Secret } from "@/lib/cluster/resources/types";
import { parseOptions } from "../options";
import { wideTable } from "../table";
import { fail, requireAdmin } from "./fail";
import type { KubeadmCommand } from "./kubeadm";

const namespace = "kube-system";
const prefix = "bootstrap-token-";
const defaultGroup = "system:bootstrappers:kubeadm:default-node-token";
const tokenPattern = /^[a-z0-9]{6}\.[a-z0-9]{16}$/;

export const listTokens: KubeadmCommand = async (session, { client, clock }) => {
  await requireAdmin(session);
  const { items } = await client.list<Secret>(refs.secrets, { namespace });
  const rows = items
    .filter(({ type }) => type === "bootstrap.kubernetes.io/token")
    .map(({ data }) => {
      const text = (key: string) => Buffer.from(data?.[key] ?? "", "base64").toString("utf8");
      const expires = text("expiration");
      const usages = ["authentication", "signing"].filter((one) => text(`usage-bootstrap-${one}`) === "true");
      return [
        `${text("token-id")}.${text("token-secret")}`,
        expires ? duration(Date.parse(expires) - clock.now()) : "<forever>",
        expires || "<never>",
        usages.join(",") || "<none>",
        text("description") || "<none>",
        text("auth-extra-groups") || "<none>",
      ];
    });
  const head = ["TOKEN", "TTL", "EXPIRES", "USAGES", "DESCRIPTION", "EXTRA GROUPS"];
  if (rows.length > 0) session.printOut(wideTable([head, ...rows], { widthMin: 10 }));
};

export const createToken: KubeadmCommand = async (session, { client, clock, cluster }, argv) => {
  const options = parseOptions(argv, {
    "print-join-command": "switch",
    ttl: "value",
    description: "value",
    groups: "value",
    usages: "value",
    kubeconfig: "value",
    v: "value",
  });
  await requireAdmin(session);
  const token = options.words[0] ?? newToken();
  if (!tokenPattern.test(token))
    return fail(
      session,
      `the bootstrap token ${JSON.stringify(token)} was not of the form "\\\\A([a-z0-9]{6})\\\\.([a-z0-9]{16})\\\\z"`,
    );
  const ttlMs = milliseconds(options.value("ttl") ?? "24h0m0s");
  if (ttlMs === undefined)
    return fail(
      session,
      `invalid argument ${JSON.stringify(options.value("ttl"))} for "--ttl" flag: time: invalid duration ${JSON.stringify(options.value("ttl"))}`,
    );
  const [id = "", secret = ""] = token.split(".");
  const usages = (options.value("usages") ?? "signing,authentication").split(",");
  const values: Record<string, string> = {
    "token-id": id,
    "token-secret": secret,
    "auth-extra-groups": options.value("groups") ?? defaultGroup,
    ...Object.fromEntries(usages.map((usage) => [`usage-bootstrap-${usage}`, "true"])),
    ...(ttlMs > 0 ? { expiration: new Date(clock.now() + ttlMs).toISOString().replace(/\.\d+Z$/, "Z") } : {}),
    ...(options.value("description") ? { description: options.value("description")! } : {}),
  };
  await client
    .create<Secret>(refs.secrets, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: prefix + id, namespace },
      type: "bootstrap.kubernetes.io/token",
      data: Object.fromEntries(
        Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString("base64")]),
      ),
    })
    .catch((failure: Error) =>
      isAlreadyExists(failure)
        ? fail(session, `a token with id ${JSON.stringify(id)} already exists`)
        : fail(session, failure.message),
    );
  if (!options.has("print-join-command")) return session.printOut(token);
  const ca = new X509Certificate(await session.readFile("/etc/kubernetes/pki/ca.crt"));
  const key = ca.publicKey.export({ type: "spki", format: "der" });
  const hash = createHash("sha256").update(key).digest("hex");
  session.printOut(
    `kubeadm join ${cluster.controlPlane.ip}:6443 --token ${token} --discovery-token-ca-cert-hash sha256:${hash} `,
  );
};

export const deleteToken: KubeadmCommand = async (session, { client }, argv) => {
  const { words } = parseOptions(argv, { kubeconfig: "value", v: "value" });
  await requireAdmin(session);
  if (words.length === 0) return fail(session, "missing argument; 'token delete' is missing token");
  for (const text of words) {
    const id = text.split(".")[0]!;
    await client
      .delete(refs.secrets, namespace, prefix + id)
      .catch((failure: Error) =>
        fail(
          session,
          isNotFound(failure)
            ? `failed to delete bootstrap token ${JSON.stringify(id)}: ${failure.message}`
            : failure.message,
        ),
      );
    session.printOut(`bootstrap token ${JSON.stringify(id)} deleted`);
  }
};

export const generateToken: KubeadmCommand = (session) => {
  session.printOut(newToken());
  return Promise.resolve();
};

function newToken(): string {
  const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  const some = (count: number) =>
    Array.from({ length: count }, () => letters[randomInt(letters.length)]).join("");
  return `${some(6)}.${some(16)}`;
}

/** "1h30m"; undefined for what is no duration of Go's. */
function milliseconds(text: string): number | undefined {
  if (text === "0") return 0;
  if (!/^(\d+(\.\d+)?(h|m|s|ms))+$/.test(text)) return undefined;
  const units: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
  return [...text.matchAll(/([\d.]+)(h|ms|m|s)/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * units[unit!]!,
    0,
  );
}

/** "23h", as kubectl shows ages. */
function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 0) return "<invalid>";
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 3 * 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
