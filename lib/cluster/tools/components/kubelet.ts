import { X509Certificate } from "node:crypto";
import type { AgentProgram, AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import { klogLine } from "@/lib/cluster/addons/agents/klog";
import type { Clock } from "@/lib/core/clock";
import { GoYamlError, parseGoYaml } from "@/lib/cluster/node/go-yaml";
import { loadKubeletConfiguration } from "./kubelet-configuration";

/**
 * What a kubelet reads before it serves (kubernetes 1.34 cmd/kubelet/app/server.go): a configuration or credentials that
 * are of no use end it with the real one's words.
 */
export const kubelet: AgentProgram = async (session, { clock }) => {
  if (!session.hello.isResumed) {
    await loadConfiguration(session, clock);
    await checkClientCa(session, clock);
    await checkCredentials(session, clock);
    session.begin();
  }
  await session.ended();
};

async function loadConfiguration(session: AgentSession, clock: Clock): Promise<void> {
  const path = session.flag("config");
  if (path === undefined) return;
  const text = await session.readFile(path).catch((failure: Error) => {
    const read = `failed to read kubelet config file ${JSON.stringify(path)}, error: ${failure.message}`;
    return commandFailed(session, clock, notLoaded(path, read));
  });
  const loaded = loadKubeletConfiguration(path, text);
  if ("failure" in loaded) return commandFailed(session, clock, notLoaded(path, loaded.failure));
  if (loaded.unknownFields.length === 0) return;
  const why = `strict decoding error: ${loaded.unknownFields.map((name) => `unknown field ${JSON.stringify(name)}`).join(", ")}`;
  session.print(
    klog(
      session,
      clock,
      "I",
      "codec.go:98",
      `"Using lenient decoding as strict decoding failed" err=${JSON.stringify(why)}`,
    ),
  );
}

const notLoaded = (path: string, why: string) =>
  `failed to load kubelet config file, path: ${path}, error: failed to load Kubelet config file ${path}, error ${why}`;

async function checkClientCa(session: AgentSession, clock: Clock): Promise<void> {
  const config = session.flag("config");
  const text = config === undefined ? "" : await session.readFile(config);
  const { authentication } = (parseGoYaml(text) ?? {}) as {
    authentication?: { x509?: { clientCAFile?: string } };
  };
  const path = authentication?.x509?.clientCAFile ?? session.flag("client-ca-file");
  if (!path) return;
  const why = await session.readFile(path).then(
    (pem) => (certificateOf(pem) ? undefined : "data does not contain any valid RSA or ECDSA certificates"),
    (failure: Error) => failure.message,
  );
  if (why !== undefined)
    commandFailed(
      session,
      clock,
      `failed to construct kubelet dependencies: unable to load client CA file ${path}: ${why}`,
    );
}

/** A kubeconfig without a valid client certificate sends the kubelet to its bootstrap kubeconfig (certificate/bootstrap). */
async function checkCredentials(session: AgentSession, clock: Clock): Promise<void> {
  const path = session.flag("kubeconfig");
  if (path === undefined) return;
  const problem = await credentialProblem(session, path, clock.now());
  if (problem === undefined) return;
  if (problem !== "")
    session.print(
      klog(
        session,
        clock,
        "E",
        "bootstrap.go:266",
        `"Unhandled Error" err=${JSON.stringify(problem)} logger="UnhandledError"`,
      ),
    );
  const bootstrap = session.flag("bootstrap-kubeconfig");
  const failure = await session.readFile(bootstrap ?? "").then(
    () => undefined,
    () => `unable to load bootstrap kubeconfig: stat ${bootstrap}: no such file or directory`,
  );
  if (failure !== undefined) commandFailed(session, clock, `failed to run Kubelet: ${failure}`);
}

/** Undefined when all is well, "" for a file that is not there. */
async function credentialProblem(
  session: AgentSession,
  path: string,
  nowMs: number,
): Promise<string | undefined> {
  const text = await session.readFile(path).catch(() => undefined);
  if (text === undefined) return "";
  const unread = `unable to read existing bootstrap client config from ${path}:`;
  let user: User | undefined;
  try {
    user = (parseGoYaml(text) as { users?: { user?: User }[] } | null)?.users?.[0]?.user;
  } catch (failure) {
    if (!(failure instanceof GoYamlError)) throw failure;
    return `${unread} error loading config file ${JSON.stringify(path)}: ${failure.message}`;
  }
  const inline = user?.["client-certificate-data"];
  const file = user?.["client-certificate"];
  const pem = inline
    ? Buffer.from(inline, "base64").toString("utf8")
    : file
      ? await session.readFile(file).catch((failure: Error) => failure)
      : "";
  if (pem instanceof Error)
    return `${unread} invalid configuration: unable to read client-cert ${file} for default-auth due to ${pem.message}`;
  const certificate = certificateOf(pem);
  if (!certificate)
    return `unable to load TLS certificates from existing bootstrap client config read from ${path}: data does not contain any valid RSA or ECDSA certificates`;
  const untilMs = Date.parse(certificate.validTo);
  if (nowMs <= untilMs) return undefined;
  const until = new Date(untilMs)
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, " +0000 UTC");
  return `part of the existing bootstrap client certificate in ${path} is expired: ${until}`;
}

interface User {
  "client-certificate"?: string;
  "client-certificate-data"?: string;
}

function certificateOf(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function klog(session: AgentSession, clock: Clock, severity: "I" | "E", where: string, text: string): string {
  return klogLine(severity, where, text, clock.now(), session.hello.pid);
}

function commandFailed(session: AgentSession, clock: Clock, why: string): never {
  return session.fail(
    1,
    klog(session, clock, "E", "run.go:72", `"command failed" err=${JSON.stringify(why)}`),
  );
}
