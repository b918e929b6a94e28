import { X509Certificate } from "node:crypto";
import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import { wideTable } from "../table";
import { authorities, certificates } from "./certificates";
import { requireAdmin } from "./fail";
import type { KubeadmCommand } from "./kubeadm";

/** `kubeadm certs check-expiration`: what the files of the node say (cmd/kubeadm/app/cmd/certs.go). */
export const checkExpiration: KubeadmCommand = async (session, { clock }) => {
  await requireAdmin(session);
  const rows = async (some: { name: string; path: string; authority?: string }[]) => {
    const cells = await Promise.all(
      some.map(async ({ name, path, authority }) => {
        const expiresMs = await expiryOf(session, path);
        const known = authority === undefined ? [] : [authority];
        if (expiresMs === undefined) return [`!MISSING! ${name}`, "", "", ...(authority ? [""] : []), ""];
        return [name, date(expiresMs), residual(expiresMs - clock.now()), ...known, "no"];
      }),
    );
    return cells;
  };
  session.printOut(
    [
      '[check-expiration] Reading configuration from the "kubeadm-config" ConfigMap in namespace "kube-system"...',
      "[check-expiration] Use 'kubeadm init phase upload-config kubeadm --config your-config-file' to re-upload it.",
      "",
      table(
        ["CERTIFICATE", "EXPIRES", "RESIDUAL TIME", "CERTIFICATE AUTHORITY", "EXTERNALLY MANAGED"],
        await rows(certificates),
      ),
      "",
      table(
        ["CERTIFICATE AUTHORITY", "EXPIRES", "RESIDUAL TIME", "EXTERNALLY MANAGED"],
        await rows(authorities),
      ),
    ].join("\n"),
  );
};

function table(head: string[], rows: string[][]): string {
  return wideTable([head, ...rows], { widthMin: 10 });
}

/** Of a certificate, or of the one in a kubeconfig. Undefined without a file that has one. */
async function expiryOf(session: AgentSession, path: string): Promise<number | undefined> {
  const text = await session.readFile(path).catch(() => "");
  const data = /client-certificate-data:\s*(\S+)/.exec(text)?.[1];
  try {
    return Date.parse(new X509Certificate(data ? Buffer.from(data, "base64") : text).validTo);
  } catch {
    return undefined;
  }
}

/** "Nov 30, 2027 12:30 UTC" */
function date(ms: number): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) (\d+:\d+)/.exec(new Date(ms).toUTCString())!;
  return `${month} ${day}, ${year} ${time} UTC`;
}

function residual(ms: number): string {
  if (ms <= 0) return "<invalid>";
  const days = Math.floor(ms / 86_400_000);
  if (days >= 730) return `${Math.floor(days / 365)}y`;
  return days > 0 ? `${days}d` : `${Math.floor(ms / 3_600_000)}h`;
}
