import { longestZone, isReverseZone } from "../dns/names";
import { rcodes, recordTypes, type ResourceRecord } from "../dns/types";
import { findRecords, soaRecord, type KubernetesOptions } from "../kubernetes/records";
import { startSync } from "../kubernetes/sync";
import {
  Fallthrough,
  goDurationMs,
  goInteger,
  onceError,
  replied,
  type Controller,
  type Instance,
  type Query,
} from "../plugin";

/** Services, endpoints and pods of the cluster (coredns plugin/kubernetes). */
export function kubernetes(controller: Controller): void {
  const { instance } = controller;
  const options: KubernetesOptions = {
    zones: [],
    pods: "disabled",
    ttl: 5,
    endpointPodNames: false,
    namespaces: [],
    ignoreEmptyService: false,
    noEndpoints: false,
  };
  const through = new Fallthrough();
  let startupTimeoutMs = 5000;
  for (let index = 0; controller.next(); index++) {
    if (index > 0) throw new Error(onceError);
    options.zones = controller.origins(controller.remainingArgs());
    if (options.zones.every(isReverseZone)) throw new Error("non-reverse zone name must be used");
    while (controller.nextBlock()) {
      const property = controller.word();
      if (property === "startup_timeout") {
        const [text] = needed(controller, 1);
        try {
          startupTimeoutMs = goDurationMs(text!);
        } catch (failure) {
          throw new Error(`failed to parse startup_timeout: ${text}, ${(failure as Error).message}`, {
            cause: failure,
          });
        }
      } else if (property === "fallthrough") through.set(controller.remainingArgs());
      else readProperty(controller, property, options);
    }
  }
  const sync = startSync(instance, options, startupTimeoutMs);
  const soa = (zone: string) => soaRecord(zone, options.ttl, instance.kubernetes.modifiedAtMs());
  controller.add({
    name: "kubernetes",
    isReady: () => sync.isSynced(),
    wrap: (next) => async (query) => {
      const { name } = query.question;
      const zone = longestZone(name, options.zones);
      if (zone === undefined) return next(query);
      const asWritten = zone === "." ? zone : name.slice(-zone.length);
      const found = sync.isSynced()
        ? findRecords(query.question, asWritten, options, instance.kubernetes, sync.dnsIps())
        : undefined;
      if (!found) {
        if (through.allows(name)) return next(query);
        const rcode = sync.isSynced() ? rcodes.NXDOMAIN : rcodes.SERVFAIL;
        return replied({ rcode, authority: [soa(asWritten)] });
      }
      if (found.answers.length === 0) return replied({ authority: [soa(asWritten)] });
      return replied({
        answers: await withAliasTargets(found.answers, query, instance),
        additional: found.additional,
      });
    },
  });
}

/** What an alias leads to is asked from the server itself, as the plugin's `upstream` does. */
async function withAliasTargets(
  answers: ResourceRecord[],
  query: Query,
  instance: Instance,
): Promise<ResourceRecord[]> {
  const alias = answers[0]!.data;
  const { type } = query.question;
  if (alias.type !== "CNAME" || (type !== recordTypes.A && type !== recordTypes.AAAA)) return answers;
  const reply = await instance.lookup({ name: alias.target, type, class: 1 }, query);
  return [...answers, ...(reply?.answers ?? [])];
}

function needed(controller: Controller, count: number): string[] {
  const args = controller.remainingArgs();
  if (args.length < count) throw controller.argError();
  return args;
}

function readProperty(controller: Controller, property: string, options: KubernetesOptions): void {
  switch (property) {
    case "endpoint_pod_names":
      if (controller.remainingArgs().length > 0) throw controller.argError();
      options.endpointPodNames = true;
      return;
    case "pods": {
      const args = controller.remainingArgs();
      if (args.length !== 1) throw controller.argError();
      const [mode] = args;
      if (mode !== "disabled" && mode !== "insecure" && mode !== "verified")
        throw new Error(`wrong value for pods: ${mode},  must be one of: disabled, verified, insecure`);
      options.pods = mode;
      return;
    }
    case "namespaces":
      options.namespaces.push(...needed(controller, 1));
      return;
    case "ttl": {
      const ttl = goInteger(needed(controller, 1)[0]!);
      if (ttl < 0 || ttl > 3600) throw controller.error(`ttl must be in range [0, 3600]: ${ttl}`);
      options.ttl = ttl;
      return;
    }
    case "noendpoints":
      if (controller.remainingArgs().length > 0) throw controller.argError();
      options.noEndpoints = true;
      return;
    case "ignore": {
      const [what] = controller.remainingArgs();
      if (what === "empty_service") options.ignoreEmptyService = true;
      else if (what !== undefined) throw new Error(`unable to parse ignore value: '${what}'`);
      return;
    }
    // Another API server than the cluster's own cannot be reached from here; their words are checked all the same.
    case "endpoint":
    case "labels":
    case "namespace_labels":
      needed(controller, 1);
      return;
    case "tls":
      if (controller.remainingArgs().length !== 3) throw controller.argError();
      return;
    case "kubeconfig":
      if (![1, 2].includes(controller.remainingArgs().length)) throw controller.argError();
      return;
    case "multicluster":
      controller.remainingArgs();
      return;
    default:
      throw controller.error(`unknown property '${property}'`);
  }
}
