import { startReadyLab, startTestClusterd } from "@/lib/clusterd/testing";
import { AppError } from "@/lib/core/app-error";
import { Scope } from "@/lib/core/scope";
import { summarize, type Bench } from "./report";

const labId = "bench-services";

export const metrics = ["sync", "fresh"];

/**
 * kube-proxy on a lab with 500 Services of two endpoints each. `sync`: from the API's answer to one Service more until its
 * rule is in the kernel. `fresh`: from the end of a node's kube-proxy and all its rules until the next one has loaded them
 * all, its container's start included. The floor is one iptables-restore of the same rules by hand. Needs root.
 */
const services: Bench = async ({ log, quick }) => {
  const scope = new Scope();
  try {
    const clusterd = scope.use(await startTestClusterd(), (it) => it.close());
    await startReadyLab(clusterd.client, labId);
    const bash = async (script: string, node = "controlplane") => {
      const request = { labId, node, argv: ["bash", "-ec", script], timeoutMs: 240_000 };
      const result = await clusterd.client.call("lab.exec", request, { timeoutMs: 270_000 });
      if (result.exitCode !== 0) throw new AppError("internal", `${script}: ${result.stderr}`);
      return result.stdout.trim();
    };
    const count = quick ? 50 : 500;
    await bash(`
      kubectl create deployment web --image=nginx:alpine --replicas=2
      kubectl rollout status deployment web --timeout=60s
      for i in $(seq ${count}); do ${manifest("many-$i")}; done | kubectl create -f - >/dev/null
      ${until("many-" + count)}`);
    log(`${count} Services are loaded`);
    const [sync, fresh, floor]: number[][] = [[], [], []];
    for (let round = 0; round < (quick ? 3 : 20); round++)
      sync!.push(
        Number(
          await bash(
            `${manifest(`more-${round}`)} | kubectl create -f - >/dev/null\nstart=$(date +%s%3N)\n${until(`more-${round}`)}\necho $(( $(date +%s%3N) - start ))`,
          ),
        ),
      );
    for (let round = 0; round < (quick ? 1 : 5); round++) {
      floor!.push(
        Number(
          await bash(
            `iptables-save > /tmp/rules; start=$(date +%s%3N); iptables-restore < /tmp/rules; echo $(( $(date +%s%3N) - start ))`,
            "node01",
          ),
        ),
      );
      fresh!.push(
        Number(
          await bash(
            `start=$(date +%s%3N); pkill -x kube-proxy; iptables -t nat -F KUBE-SERVICES\n${until(`many-${count}`)}\necho $(( $(date +%s%3N) - start ))\nsleep 0.1`,
            "node01",
          ),
        ),
      );
      // The kubelet's back-off of a container that ends often is not what is measured.
      await bash(
        "kubectl -n kube-system delete pod -l k8s-app=kube-proxy --now && kubectl -n kube-system rollout status ds kube-proxy --timeout=60s",
      );
    }
    const byHand = { name: "iptables-restore of the node's rules by hand", samples: floor! };
    return [
      summarize("sync", "ms", sync!, {
        floor: byHand,
        note: `one Service more beside ${count}, from the API's answer to its rule in the kernel.`,
      }),
      summarize("fresh", "ms", fresh!, {
        floor: byHand,
        note: "a kube-proxy that starts anew on a node without its rules, with its container's start.",
      }),
    ];
  } finally {
    await scope.close();
  }
};

/** Shell that prints a Service's manifest. */
function manifest(name: string): string {
  return `printf -- '---\\n{"apiVersion":"v1","kind":"Service","metadata":{"name":"%s"},"spec":{"selector":{"app":"web"},"ports":[{"port":80,"targetPort":80}]}}\\n' ${name}`;
}

/** Shell that ends when the node has the rule of a Service with endpoints. */
function until(name: string): string {
  return `until iptables-save -t nat | grep -q '"default/${name} cluster IP".* -j KUBE-SVC'; do sleep 0.01; done`;
}

export default services;
