import { expect, test } from "vitest";
import { hasFormat } from "./formats";

test.each<[format: string, good: string[], bad: string[]]>([
  ["uri", ["https://example.com/a?b", "/path", "urn:x:y"], ["example.com", "", "http://a b/", "%zz"]],
  ["email", ["a@b", "Ann <ann@example.com>", "a.b+c@example.com"], ["a", "@b", "a@", "a..b@c"]],
  [
    "hostname",
    ["example.com", "a-b.example.com", "localhost"],
    ["-a.com", "a_b.com", `${"a".repeat(64)}.com`],
  ],
  ["ipv4", ["10.0.0.1"], ["10.0.0.256", "::1"]],
  ["ipv6", ["::1"], ["10.0.0.1", ":::1"]],
  ["cidr", ["10.0.0.0/8", "fd00::/64"], ["10.0.0.0/33", "10.0.0.0", "a/8"]],
  ["mac", ["01:23:45:67:89:ab", "0123.4567.89ab"], ["01:23:45:67:89"]],
  ["uuid", ["123e4567-e89b-12d3-a456-426614174000"], ["123e4567"]],
  ["uuid4", ["123e4567-e89b-42d3-a456-426614174000"], ["123e4567-e89b-12d3-a456-426614174000"]],
  ["date", ["2024-02-29"], ["2023-02-29", "2024-1-1"]],
  [
    "date-time",
    ["2024-02-29T10:00:00Z", "2024-02-29t10:00:00.5+02:00"],
    ["2024-02-29", "2024-02-29T25:00:00Z"],
  ],
  ["datetime", ["2024-02-29T10:00:00Z"], ["noon"]],
  ["duration", ["1h30m", "-1.5s", "3 days", "22 ns"], ["", "1", "soon"]],
  ["byte", ["YQ==", "YWJj"], ["YQ=", "a b"]],
  ["isbn", ["0321751043", "978-0321751041"], ["0321751044"]],
  ["creditcard", ["4111 1111 1111 1111"], ["4111 1111 1111 1112"]],
  ["ssn", ["111-22-3333"], ["111-22-333"]],
  ["hexcolor", ["#FFF", "00ff00"], ["#GGG"]],
  ["rgbcolor", ["rgb(255,255,2)"], ["rgb(256,0,0)"]],
  ["bsonobjectid", ["507f1f77bcf86cd799439011"], ["507f"]],
  ["k8s-short-name", ["a-b"], ["A", "a.b", "-a"]],
  ["k8s-long-name", ["a-b.c"], ["A", "a..b"]],
  ["password", ["anything"], []],
  ["something-of-its-own", ["anything"], []],
])("%s", (format, good, bad) => {
  for (const value of good) expect([value, hasFormat(value, format)]).toEqual([value, true]);
  for (const value of bad) expect([value, hasFormat(value, format)]).toEqual([value, false]);
});
