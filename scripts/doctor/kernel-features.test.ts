import { expect, test } from "vitest";
import type { Host } from "./checks.mjs";
import { checkKernelFeatures } from "./kernel-features.mjs";

const noSet = "iptables v1.8.9 (legacy): Set examctl doesn't exist.\n";

/** A kernel that refuses the commands that mention one of `lacks`. */
function machine(lacks: string[], { hasBridgeFilter = true, setsSay = noSet } = {}): Host {
  return {
    exists: () => hasBridgeFilter,
    run: (argv: string[]) => {
      if (argv.includes("--match-set")) return { exitCode: 2, stdout: "", stderr: setsSay };
      const isLacking = argv.some((word) => lacks.includes(word));
      return {
        exitCode: isLacking ? 2 : 0,
        stdout: "",
        stderr: isLacking ? "Error: Unknown device type." : "",
      };
    },
  } as unknown as Host;
}

test("a kernel with everything is good", () => {
  expect(checkKernelFeatures(machine([]))).toMatchObject({ ok: true });
});

test("what is missing is named with the command that loads it", () => {
  const finding = checkKernelFeatures(machine(["vxlan"], { hasBridgeFilter: false }));
  expect(finding).toMatchObject({ ok: false });
  expect(finding.sentence).toMatch(/VXLAN.*crosses a bridge/);
  expect(finding.remedy).toContain("modprobe -a vxlan br_netfilter ");
});

test("sets are missing when the kernel does not know of them, not when the set is not there", () => {
  const finding = checkKernelFeatures(
    machine([], { setsSay: "iptables v1.8.9 (legacy): Can't open socket to ipset.\n" }),
  );
  expect(finding.remedy).toContain("modprobe -a ip_set ip_set_hash_ip ip_set_hash_net xt_set ");
});

test("a machine without the programs is left to the check of commands", () => {
  const host = { exists: () => true, run: () => ({ exitCode: 127, stdout: "", stderr: "ip: not found" }) };
  expect(checkKernelFeatures(host as unknown as Host)).toMatchObject({ ok: true });
});
