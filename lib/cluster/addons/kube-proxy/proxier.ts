import { refs } from "@/lib/cluster/client/refs";
import type { AddonContext } from "../addon";
import type { AgentSession } from "../agents/agent-session";
import { klogLine } from "../agents/klog";
import { untilAllowed } from "../agents/until-allowed";
import { watchLoop } from "../agents/watch-loop";
import { readConfiguration } from "./configuration";
import { HealthPorts } from "./health-ports";
import { parseRules, readRules, type LoadedRules } from "./loaded-rules";
import { jumpKey, jumps, proxyRules } from "./rules";
import { servicePorts, type ServicePortInfo } from "./service-ports";
import { StaleFlows } from "./stale-flows";

/** Changes that follow each other are loaded together: the endpoints of a Service become ready one after another. */
const gatherMs = 50;

/**
 * What a kube-proxy process does on its node: loads the rules of all Services whenever they change, in one
 * iptables-restore, and puts back what was lost, within its sync period.
 */
export async function runProxier(session: AgentSession, context: AddonContext): Promise<number | void> {
  const { informers, clock } = context;
  const { node } = session;
  const file = session.flag("config");
  const configuration = readConfiguration(file && (await session.readFile(file)), (name) =>
    session.flag(name),
  );
  if (configuration.mode === "ipvs")
    return session.fail(
      1,
      klogLine(
        "E",
        "run.go:72",
        '"command failed" err="can\'t use the IPVS proxier: IPVS proxier will not be used because the following required kernel modules are not loaded: [ip_vs ip_vs_rr ip_vs_sh ip_vs_wrr]"',
        clock.now(),
      ),
    );
  await untilAllowed(session, context, [
    { name: "*v1.Service", ref: refs.services },
    { name: "*v1.EndpointSlice", ref: refs.endpointSlices },
  ]);
  if (session.signal.aborted) return;
  if (configuration.localhostNodePorts) await allowLocalhost(session);
  const health = new HealthPorts(session);
  const flows = new StaleFlows(node);
  let loaded: (LoadedRules & { text: string }) | undefined;

  const rulesOver = (before: Pick<LoadedRules, "chains" | "jumps">, ports: ServicePortInfo[]) =>
    proxyRules(ports, {
      nodeName: node.name,
      podCidr: configuration.clusterCidr,
      masqueradeAll: configuration.masqueradeAll,
      localhostNodePorts: configuration.localhostNodePorts,
      present: before.chains,
      presentJumps: before.jumps,
    });

  async function sync(): Promise<void> {
    const before = loaded ?? { ...(await readRules(node)), text: "" };
    const ports = servicePorts(informers.services.list(), informers.endpointSlices.list());
    const rules = rulesOver(before, ports);
    if (rules.text !== before.text) {
      loaded = undefined;
      await node.restoreRules(rules.text);
      const there = {
        chains: rules.chains,
        jumps: new Set(jumps.map(({ table, chain, rule }) => jumpKey(table, chain, rule))),
      };
      const { counts } = parseRules(rules.text);
      // Over what is there now, the text tells only what Services change.
      loaded = { ...there, counts, text: rulesOver(there, ports).text };
    }
    await flows.clean(ports);
    await health.sync(ports);
  }

  /** Somebody may have flushed tables: what is not as it was loaded is loaded again. */
  async function check(): Promise<void> {
    if (!loaded) return;
    const actual = await readRules(node);
    const isWhole =
      [...loaded.jumps].every((jump) => actual.jumps.has(jump)) &&
      [...loaded.counts].every(([chain, count]) => actual.counts.get(chain) === count);
    if (!isWhole) loaded = undefined;
  }

  let isCheckDue = false;
  let copiedLines = -1;
  await watchLoop(
    session,
    context,
    [
      (trigger) => informers.services.onChange(trigger),
      (trigger) => informers.endpointSlices.onChange(trigger),
      (trigger) =>
        every(session, configuration.syncPeriodMs, () => {
          isCheckDue = true;
          trigger();
        }),
    ],
    async () => {
      if (isCheckDue) await check();
      isCheckDue = false;
      await sync();
      const { printedLines } = session;
      if (printedLines === copiedLines) return;
      await copyLog(session);
      copiedLines = printedLines;
    },
    gatherMs,
  );
}

/** What packets from 127.0.0.1 need to leave the node for a pod. */
async function allowLocalhost(session: AgentSession): Promise<void> {
  session.announce(
    klogLine(
      "I",
      "proxier.go:242",
      '"Setting route_localnet=1 to allow node-ports on localhost; to change this either disable iptables.localhostNodePorts (--iptables-localhost-nodeports) or set nodePortAddresses (--nodeport-addresses) to filter loopback addresses"',
      session.clock.now(),
    ),
  );
  await session.node.exec(["sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet"]);
}

function every(session: AgentSession, periodMs: number, work: () => void): () => void {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, session.signal]);
  const run = async () => {
    while (!signal.aborted) {
      await session.clock.sleep(periodMs, signal);
      work();
    }
  };
  run().catch(() => undefined); // the sleep ends when the process does
  return () => stop.abort();
}

/** What `kubectl logs` shows, in /var/log/kube-proxy.log of the node. */
async function copyLog({ node, identity: { pod } }: AgentSession): Promise<void> {
  if (!pod) return;
  const { namespace, name, uid } = pod.metadata;
  const logs = `/var/log/pods/${namespace}_${name}_${uid}/kube-proxy`;
  await node.exec([
    "sh",
    "-c",
    `exec sed 's/^[^ ]* [^ ]* [FP] //' "$1"/*.log > /var/log/kube-proxy.log`,
    "copy-log",
    logs,
  ]);
}
