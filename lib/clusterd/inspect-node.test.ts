import { expect, test } from "vitest";
import { runCommand } from "@/lib/core/run-command";
import { inspectScript, parseInspection } from "./inspect-node";

test("the script runs on a Linux host and its output is read back", async () => {
  const { stdout } = await runCommand(["/bin/sh", "-c", inspectScript]);
  const { stdout: kernel } = await runCommand(["uname", "-r"]);
  const inspection = parseInspection(stdout);
  expect(inspection.kernelVersion).toBe(kernel.trim());
  expect(inspection.cpuCount).toBeGreaterThan(0);
  expect(inspection.memoryKib).toBeGreaterThan(0);
});

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
  const line = `cni=${Buffer.from(text).toString("base64")}`;
  expect(parseInspection(`${line}\ncomplete=yes\n`).hasCniConfig).toBe(isOne);
});

test("output that is cut off is no inspection: its missing manifests are not removed ones", () => {
  expect(() => parseInspection("kernel=6.1\n")).toThrow("cut off");
});
