import { expect, test } from "vitest";
import { parseInspection } from "./inspect-node";

test("manifests come back as they are, names with spaces too", () => {
  const content = Buffer.from("kind: Pod\n").toString("base64");
  const { manifests } = parseInspection(
    `manifest=/etc/kubernetes/manifests/a b.yaml ${content}\ncomplete=yes\n`,
  );
  expect(manifests).toEqual([{ path: "/etc/kubernetes/manifests/a b.yaml", content: "kind: Pod\n" }]);
});

test.each([
  ['{"name":"x","plugins":[{"type":"bridge"}]}', true],
  ['{"name":"x","type":"bridge"}', true],
  ['{"name":"x","plugins":[{"type":"bridge"},]}', false],
  ['{"name":"x","plugins":[]}', false],
  ["", false],
])("a network configuration that containerd does not load is none: %s", (text, isOne) => {
  const line = `cni=/etc/cni/net.d/a ${Buffer.from(text).toString("base64")}`;
  expect(parseInspection(`${line}\ncomplete=yes\n`).hasCniConfig).toBe(isOne);
});

test("output that is cut off is no inspection: its missing manifests are not removed ones", () => {
  expect(() => parseInspection("kernel=6.1\n")).toThrow("cut off");
});

test("what the kubelet is told by its files, quoted or not, and by resolv.conf", () => {
  const file = (kind: string, path: string, text: string) =>
    `${kind}=${path} ${Buffer.from(text).toString("base64")}`;
  const inspection = parseInspection(
    [
      file(
        "file",
        "/var/lib/kubelet/config.yaml",
        'staticPodPath: "/etc/m"\nevictionPressureTransitionPeriod: 1m30s\n',
      ),
      file("file", "/etc/kubernetes/kubelet.conf", "- cluster:\n    server: https://172.30.1.2:6443/x\n"),
      file("file", "/etc/os-release", 'ID=debian\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'),
      file("file", "/proc/meminfo", "MemTotal:       2097152 kB\n"),
      file("resolv", "/etc/resolv.conf", "nameserver 198.18.0.1\nsearch a.test b.test\noptions ndots:2\n"),
      "complete=yes",
    ].join("\n"),
  );
  expect(inspection).toMatchObject({
    staticPodPath: "/etc/m",
    pressureTransitionMs: 90_000,
    apiServer: "172.30.1.2:6443",
    osImage: "Debian GNU/Linux 12 (bookworm)",
    memoryKib: 2_097_152,
    resolvConf: { servers: ["198.18.0.1"], searches: ["a.test", "b.test"], options: ["ndots:2"] },
  });
});
