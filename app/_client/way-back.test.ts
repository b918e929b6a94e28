import { expect, it } from "vitest";
import { signInPath, wayBack } from "./way-back";

it("leads back to the page that the session ended on", () => {
  const search = new URL(signInPath("/attempts/abc?x=1"), "http://host").searchParams;
  expect(wayBack(search.get("from"))).toBe("/attempts/abc?x=1");
  expect(signInPath("/")).toBe("/sign-in");
});

it.each([
  "//evil.example",
  "/\\evil.example",
  "https://evil.example",
  "javascript:alert(1)",
  "/a\\b",
  "/a\nb",
  "",
  undefined,
  ["/a"],
  "/sign-in?from=/x",
])("leads nowhere else: %s", (from) => expect(wayBack(from)).toBe("/"));
