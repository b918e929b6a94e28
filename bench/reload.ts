import {
  changeUnderLoad,
  steadyBackend,
  steadyIngress,
  steadyRoute,
  type UnderLoad,
} from "@/lib/cluster/addons/testing-load";
import { startReadyLab, startTestClusterd, twoNodes } from "@/lib/clusterd/testing";
import { AppError } from "@/lib/core/app-error";
import { Scope } from "@/lib/core/scope";
import { summarize, type Bench, type BenchResult } from "./report";

const labId = "bench-reload";
const gatewayNodePort = 30_090;

export const metrics = ["ingress-nginx", "nginx-gateway"];

/**
 * A new route beside a steady load of 200 requests a second: from the start of `kubectl apply` until the route answers. The
 * floor is kubectl alone, which has ended by then. Throws when a request of the load fails. Needs root.
 */
const reload: Bench = async ({ log, quick }) => {
  const scope = new Scope();
  try {
    const clusterd = scope.use(await startTestClusterd(), (it) => it.close());
    const base = twoNodes();
    await startReadyLab(clusterd.client, labId, {
      ...base,
      cluster: {
        ...base.cluster,
        addons: [
          ...(base.cluster.addons ?? []),
          { name: "ingress-nginx", options: { httpNodePort: 30_080 } },
          { name: "nginx-gateway", options: { httpNodePort: gatewayNodePort } },
        ],
      },
    });
    const run = async (script: string) => {
      const request = { labId, node: "controlplane", argv: ["bash", "-c", script], timeoutMs: 580_000 };
      const result = await clusterd.client.call("lab.exec", request, { timeoutMs: 590_000 });
      if (result.exitCode !== 0) throw new AppError("internal", `${script}: ${result.stderr}`);
      return result.stdout;
    };
    const apply = (manifest: string) => run(`kubectl apply -f - <<'END'\n${manifest}\nEND`);
    await run(`
      kubectl -n ingress-nginx rollout status deployment ingress-nginx-controller --timeout=60s
      kubectl -n nginx-gateway rollout status deployment nginx-gateway --timeout=60s`);
    await apply(`${steadyBackend}${gateway}---${steadyIngress("steady")}---${steadyRoute("steady", "web")}`);
    await run("kubectl rollout status deployment steady --timeout=60s");
    const results: BenchResult[] = [];
    for (const [metric, port, manifest] of [
      ["ingress-nginx", 30_080, steadyIngress("r$i")],
      ["nginx-gateway", gatewayNodePort, steadyRoute("r$i", "web")],
    ] as const) {
      const address = `172.30.7.11:${port}`;
      await run(`until curl -sf -m 3 -H 'Host: steady.test' http://${address}/; do sleep 0.1; done`);
      const found = await changeUnderLoad(run, {
        ...{ address, host: "r$i.test", manifest },
        changes: quick ? 10 : 100,
      });
      log(
        `${metric}: ${found.requests} requests, ${found.perSecond.toFixed(0)} a second, ${found.failed} failed`,
      );
      if (found.failed > 0) throw new AppError("internal", `${metric}: ${found.failed} requests failed`);
      results.push(summary(metric, found));
    }
    return results;
  } finally {
    await scope.close();
  }
};

function summary(metric: string, { samples, requests, perSecond }: UnderLoad): BenchResult {
  const kubectl = samples.map(({ appliedMs }) => appliedMs);
  return summarize(
    metric,
    "ms",
    samples.map(({ answeredMs }) => answeredMs),
    {
      floor: { name: "kubectl apply alone", samples: kubectl },
      note: `from the start of kubectl apply until the new route answers; ${requests} requests meanwhile (${perSecond.toFixed(0)} a second), none failed.`,
    },
  );
}

const gateway = `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: web }
spec:
  gatewayClassName: nginx
  listeners: [{ name: http, protocol: HTTP, port: 80 }]
`;

export default reload;
