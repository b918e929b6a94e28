import { expect, test } from "vitest";
import { effectiveCapabilities } from "./container-oci";

const of = (add: string[], drop: string[], privileged = false) =>
  effectiveCapabilities({ privileged, capabilities: { add, drop } });

test("a container has the default set, without what is dropped and with what is added", () => {
  expect(of([], [])).toContain("CAP_NET_RAW");
  expect(of([], ["NET_RAW"])).not.toContain("CAP_NET_RAW");
  expect(of(["NET_ADMIN", "CAP_SYS_PTRACE"], [])).toEqual(
    expect.arrayContaining(["CAP_NET_ADMIN", "CAP_SYS_PTRACE"]),
  );
  expect(of(["NET_BIND_SERVICE"], ["ALL"])).toEqual(["CAP_NET_BIND_SERVICE"]);
});

test("nothing gives a container more than its node has", () => {
  for (const names of [of(["SYS_MODULE", "SYS_TIME"], []), of(["ALL"], []), of([], [], true)])
    for (const name of ["CAP_SYS_MODULE", "CAP_SYS_TIME", "CAP_SYS_RAWIO", "CAP_BPF"])
      expect(names).not.toContain(name);
});
