import type { AddonContext } from "@/lib/cluster/addons/addon";
import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import { inClusterClient } from "@/lib/cluster/addons/agents/in-cluster-client";
import { watchLoop } from "@/lib/cluster/addons/agents/watch-loop";
import { EventRecorder } from "@/lib/cluster/client/event-recorder";
import { SpeakerCaches } from "../caches";
import { logOf, releaseOf } from "../log";
import { serveProbes } from "../serve-probes";
import { Announcer } from "./announcer";
import { readExclusion } from "./interfaces";
import { membersOf } from "./members";
import { SpeakerSync } from "./sync-announcements";

const memberlistPort = 7946;
const interfaceScanMs = 10_000;

/** MetalLB's speaker (metallb speaker/main.go): one node answers ARP for each address that Services have been given. */
export async function runSpeaker(session: AgentSession, context: AddonContext): Promise<number | void> {
  const log = logOf(session, context);
  const release = releaseOf(session);
  const { text } = release;
  if (!session.hello.isResumed)
    log("info", "main.go:100", { version: text, msg: `MetalLB speaker starting version ${text}` });
  const die = (failure: Error, msg: string): never => {
    log("error", "main.go:199", { op: "startup", error: failure.message, msg });
    return session.fail(1);
  };
  const client = inClusterClient(session, (why) => die(new Error(why), "failed to create k8s client"));
  const { pod } = session.identity;
  const namespace = session.env.METALLB_NAMESPACE ?? pod!.metadata.namespace!;
  const isExcluded = await readExclusion(session).catch((failure: Error) =>
    die(failure, "failed to parse announcedInterfacesToExclude from configMap"),
  );
  const caches = new SpeakerCaches(client, session.signal, namespace);
  await caches.start().catch((failure: Error) => die(failure, "failed to run k8s client"));

  await serveProbes(session, "127.0.0.1");
  const address = session.env.METALLB_ML_BIND_ADDR;
  const hasMemberlist = address !== undefined && session.env.METALLB_ML_LABELS !== undefined;
  if (hasMemberlist)
    for (const kind of ["hold", "udp"] as const)
      await session.listen(`memberlist-${kind}`, { kind, address, port: memberlistPort });
  const members = membersOf(context);
  const leave = members.join(session.node.name);
  const sync = new SpeakerSync({
    ...{ session, client, caches, log, isExcluded, members, hasMemberlist },
    announcer: new Announcer(session, log),
    events: new EventRecorder(client, { component: "metallb-speaker" }, context.clock),
    writesStatus: release.minor >= 14,
  });
  try {
    await watchLoop(
      session,
      context,
      [
        ...caches.sources,
        (trigger) => members.onChange(trigger),
        (trigger) => every(session, interfaceScanMs, trigger),
      ],
      () => sync.run(),
    );
  } finally {
    leave();
  }
}

function every({ clock, signal }: AgentSession, periodMs: number, work: () => void): () => void {
  const stop = new AbortController();
  const both = AbortSignal.any([stop.signal, signal]);
  const run = async () => {
    while (!both.aborted) {
      await clock.sleep(periodMs, both);
      work();
    }
  };
  run().catch(() => undefined); // the sleep ends when the process does
  return () => stop.abort();
}
