import { X509Certificate } from "node:crypto";
import { expect, it } from "vitest";
import { createAuthority, issue } from "./certificate";

it("takes IPv6 addresses as people write them and as a certificate shows them, and no others", () => {
  const authority = createAuthority("ca", Date.now());
  const namesOf = (...ips: string[]) =>
    new X509Certificate(
      issue(authority, { commonName: "x", usages: ["serverAuth"], ips, nowMs: Date.now() }).certificatePem,
    ).subjectAltName;
  expect(namesOf("127.0.0.1", "::1", "0:0:0:0:0:0:0:1", "fd00::a:1")).toBe(
    "IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:0:0:0:0:0:0:0:1, IP Address:FD00:0:0:0:0:0:A:1",
  );
  expect(() => namesOf("fe80::1%eth0")).toThrow("No certificate for the address fe80::1%eth0.");
});
