import { expect, test } from "vitest";
import { existsNowhere } from "./exists-nowhere";

test("a name whose last label is not in the root zone exists nowhere", () => {
  expect(["web", "web.payroll", "web.payroll.svc", "db.cluster.local"].map(existsNowhere)).not.toContain(
    false,
  );
  expect(["example.com", "shop.dev", "a.xn--p1ai", "4.4.8.8.in-addr.arpa"].map(existsNowhere)).not.toContain(
    true,
  );
});

test("addresses of private networks have no names", () => {
  expect(
    ["7.1.244.10.in-addr.arpa", "1.7.30.172.in-addr.arpa", "1.1.168.192.in-addr.arpa"].map(existsNowhere),
  ).not.toContain(false);
  expect(
    ["1.7.32.172.in-addr.arpa", "1.110.in-addr.arpa", "1.0.18.198.in-addr.arpa"].map(existsNowhere),
  ).not.toContain(true);
});
