import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answerType } from "@/lib/contract/lab";
import { cpuMsOf } from "@/lib/core/testing";
import { formatIpv4 } from "../ipv4";
import { parseAnswer } from "./parse-answer";
import { sameAnswer } from "./same-answer";

const ipv4 = fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((value) => formatIpv4(value));
const macBytes = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 6, maxLength: 6 });
const hex = (bytes: number[]) => bytes.map((byte) => byte.toString(16).padStart(2, "0"));

describe("typed answers", () => {
  it.each([
    ["string", "UP", " up "],
    ["string", "kube-proxy", "`kube-proxy`"],
    ["string", "two  words", "Two words"],
    ["integer", "10259", "+010259"],
    ["ip", "10.0.0.1", " 10.0.0.1\n"],
    ["ip", "2001:db8::1", "2001:0DB8:0:0:0:0:0:1"],
    ["cidr", "10.1.2.0/24", "10.1.2.77/24"],
    ["cidr", "10.1.2.0/24", "10.1.2.0 / 24"],
    ["cidr", "2001:db8::/32", "2001:db8:0:1::/32"],
    ["mac", "02:42:ac:11:00:02", "02-42-AC-11-00-02"],
    ["mac", "02:42:ac:11:00:02", "0242.ac11.0002"],
    ["mac", "02:42:ac:11:00:02", "0242ac110002"],
    ["mac", "02:42:ac:11:00:02", "2:42:ac:11:0:2"],
    ["set", "calico, cilium", "Cilium calico,calico"],
    ["regex", "(?i)weave(-net)?", "Weave-Net"],
  ] as const)("%s: %s is %s", (type, expected, given) => {
    expect(sameAnswer(type, expected, given)).toBe(true);
  });

  it.each([
    ["string", "cni0", "cni1"],
    ["integer", "2379", "2380"],
    ["integer", "10", "10.0"],
    ["ip", "10.0.0.1", "10.0.0.1/24"],
    ["ip", "10.0.0.8", "010.0.0.010"],
    ["cidr", "10.1.2.0/24", "10.1.2.0"],
    ["cidr", "10.1.2.0/24", "10.1.2.0/25"],
    ["mac", "02:42:ac:11:00:02", "02:42-ac:11:00:02"],
    ["set", "a, b", "a"],
    ["regex", "weave", "weave-net"],
  ] as const)("%s: %s is not %s", (type, expected, given) => {
    expect(sameAnswer(type, expected, given)).toBe(false);
  });

  it("tells what an answer should look like, and never what it should be", () => {
    expect(parseAnswer("ip", "10.0.0.1/24")).toEqual({
      ok: false,
      problem: '"10.0.0.1/24" has a prefix length: write the address alone, such as 10.0.0.1.',
    });
    for (const type of answerType.options) expect(parseAnswer(type, " \n")).toMatchObject({ ok: false });
  });

  it("compares lists as sets, whatever stands in the items", () => {
    expect(sameAnswer("set", ["b", "a c"], ["A c", "b", "b"])).toBe(true);
    expect(sameAnswer("set", ["a"], ["a", "b"])).toBe(false);
    expect(sameAnswer("ip", "10.0.0.1", ["10.0.0.1"])).toBe(true);
    expect(sameAnswer("ip", "10.0.0.1", ["10.0.0.1", "10.0.0.2"])).toBe(false);
  });

  it("throws when the lab expects something that is none of the type", () => {
    expect(() => sameAnswer("ip", "gateway", "10.0.0.1")).toThrow(/expected answer is no ip/);
    expect(() => sameAnswer("regex", "(", "x")).toThrow(/no RE2 expression/);
    expect(() => sameAnswer("regex", "(a)\\1", "aa")).toThrow(/no RE2 expression/);
  });

  it("matches patterns in linear time", () => {
    const text = "a".repeat(5000) + "!"; // a backtracking matcher would not end in a lifetime
    expect(cpuMsOf(() => expect(sameAnswer("regex", "^(a+)+$", text)).toBe(false))).toBeLessThan(20_000);
  });

  it("reads every notation of a MAC alike", () => {
    fc.assert(
      fc.property(macBytes, (bytes) => {
        const colons = hex(bytes).join(":");
        const dotted = hex(bytes)
          .join("")
          .replace(/(....)(?=.)/g, "$1.");
        for (const other of [hex(bytes).join("-").toUpperCase(), hex(bytes).join(""), dotted])
          expect(sameAnswer("mac", colons, other)).toBe(true);
      }),
    );
  });

  it("tells different addresses apart", () => {
    fc.assert(
      fc.property(ipv4, ipv4, (a, b) => {
        expect(sameAnswer("ip", a, b)).toBe(a === b);
      }),
    );
  });

  it("reads its own canonical form as itself, for any text", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...answerType.options),
        fc.oneof(
          fc.string(),
          ipv4,
          ipv4.map((ip) => `${ip}/19`),
        ),
        (type, text) => {
          const once = parseAnswer(type, text);
          if (!once.ok || type === "set") return;
          expect(parseAnswer(type, once.value)).toEqual(once.value.trim() === "" ? expect.anything() : once);
        },
      ),
      { numRuns: 500 },
    );
  });
});
