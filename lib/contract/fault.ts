import { z } from "zod";
import { dnsLabel } from "./fields";

/** `setup/*.faults.yaml`: a list of these. What each does and how it shows stands in docs/authoring.md. */

const component = z.enum(["kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"]);
/** Nothing that a shell or sed would read as more than a text. */
const plainText = z.string().regex(/^[\w./:,=@%+-]*$/, "must be letters, digits and . / : , = @ % + - _");
const path = z.string().regex(/^\/[\w./@%+-]*$/, "must be an absolute path of plain letters");
const port = z.number().int().min(1).max(65_535);
/** Default: the first control plane. */
const onNode = { node: dnsLabel.optional() };
const named = <Name extends string, Shape extends z.ZodRawShape>(name: Name, shape: Shape) =>
  z.object({ fault: z.literal(name), ...onNode, ...shape }).strict();

export const fault = z.discriminatedUnion("fault", [
  named("kubelet-stopped", { disabled: z.boolean().default(false) }),
  named("kubelet-config", { field: z.string().regex(/^[a-zA-Z0-9]+$/), value: plainText }),
  named("kubelet-config-broken", {}),
  named("kubelet-config-missing", {}),
  named("kubelet-flag", { flag: plainText }),
  named("kubelet-kubeconfig-path", { path }),
  named("kubelet-api-server", { server: plainText }),
  named("runtime-stopped", { disabled: z.boolean().default(false) }),
  named("static-pod-flag", { component, flag: z.string().regex(/^[a-z0-9-]+$/), value: plainText }),
  named("static-pod-broken", { component }),
  named("certificate-expired", {
    certificate: z.enum(["apiserver", "apiserver-etcd-client", "etcd-server", "admin", "kubelet"]),
  }),
  named("cni-binary-missing", { plugin: z.string().regex(/^[a-z0-9-]+$/) }),
  named("cni-config-missing", {}),
  named("kube-proxy-config-path", { path }),
  named("corefile-directive", { directive: z.string().regex(/^[a-z]+$/), becomes: plainText }),
  named("port-blocked", {
    port,
    protocol: z.enum(["tcp", "udp"]).default("tcp"),
    direction: z.enum(["in", "out"]).default("in"),
    action: z.enum(["DROP", "REJECT"]).default("DROP"),
  }),
  named("disk-full", { file: path.default("/var/log/core.dump") }),
  named("resolv-conf", { nameserver: z.ipv4() }),
]);
export type Fault = z.infer<typeof fault>;
export type FaultInput = z.input<typeof fault>;

export const faults = z.array(fault).min(1).max(20);
