import type { AddonContext } from "../addon";
import type { AgentSession } from "../agents/agent-session";
import { calicoLine } from "./log";

const bin = "/host/opt/cni/bin";
const configFolder = "/host/etc/cni/net.d";
const kubeconfigPath = "/etc/cni/net.d/calico-kubeconfig";

/** calico/cni's installer (cni-plugin/pkg/install): plugins, kubeconfig and configuration list come to the node. */
export async function installCalico(
  session: AgentSession,
  { clock, cluster }: AddonContext,
): Promise<number> {
  const { env } = session;
  const say = (text: string) => session.print(calicoLine("INFO", text, clock.now()));
  const die = (text: string) => session.fail(1, calicoLine("ERROR", text, clock.now()));
  say("cni-installer/install.go 141: Running as a Kubernetes pod");
  await session.must(["mkdir", "-p", bin]).catch((failure: Error) => die(failure.message));
  for (const name of ["calico", "calico-ipam"]) {
    // Beside and then in place: a plugin that runs cannot be written over.
    await session.must(["cp", "-f", `/opt/cni/bin/${name}`, `${bin}/${name}.tmp`]);
    await session.must(["mv", "-f", `${bin}/${name}.tmp`, `${bin}/${name}`]);
    say(`cni-installer/install.go 162: Installed ${bin}/${name}`);
  }
  say(`cni-installer/install.go 165: Wrote Calico CNI binaries to ${bin}`);
  const template = env.CNI_NETWORK_CONFIG;
  if (!template) return die("cni-installer/install.go 312: No CNI_NETWORK_CONFIG in the environment");
  say(
    "cni-installer/install.go 292: Using CNI config template from CNI_NETWORK_CONFIG environment variable.",
  );
  const token = await session
    .readFile("/var/run/secrets/kubernetes.io/serviceaccount/token")
    .catch((failure: Error) => die(`cni-installer/install.go 106: ${failure.message}`));
  await session.writeFile(
    `${configFolder}/calico-kubeconfig`,
    kubeconfig(cluster.controlPlane.ip, token),
    0o600,
  );
  const config = template
    .replaceAll("__KUBERNETES_NODE_NAME__", env.KUBERNETES_NODE_NAME ?? session.node.name)
    .replaceAll("__CNI_MTU__", env.CNI_MTU ?? "0")
    .replaceAll("__KUBECONFIG_FILEPATH__", kubeconfigPath)
    .replaceAll("__KUBERNETES_SERVICE_HOST__", env.KUBERNETES_SERVICE_HOST ?? "")
    .replaceAll("__KUBERNETES_SERVICE_PORT__", env.KUBERNETES_SERVICE_PORT ?? "")
    .replaceAll("__SERVICEACCOUNT_TOKEN__", token);
  try {
    JSON.parse(config);
  } catch (failure) {
    return die(
      `cni-installer/install.go 331: ${config} is not a valid json object: ${(failure as Error).message}`,
    );
  }
  const path = `${configFolder}/${env.CNI_CONF_NAME ?? "10-calico.conf"}`;
  await session.writeFile(path, config);
  say(`cni-installer/install.go 340: Created ${path}`);
  say(`cni-installer/install.go 255: Done configuring CNI.  Sleep= ${env.SLEEP ?? "true"}`);
  if ((env.SLEEP ?? "true") !== "false") await session.ended();
  return 0;
}

function kubeconfig(server: string, token: string): string {
  return `# Kubeconfig file for Calico CNI plugin. Installed by calico/node.
apiVersion: v1
kind: Config
clusters:
- name: local
  cluster:
    server: https://${server}:6443
    insecure-skip-tls-verify: true
users:
- name: calico
  user:
    token: "${token}"
contexts:
- name: calico-context
  context:
    cluster: local
    user: calico
current-context: calico-context
`;
}
