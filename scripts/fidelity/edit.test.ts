import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { edited, editIn, isReplacement, replaced, told } from "./edit";

const fragment = (text: string, lead: string) => ({
  ...{ language: "yaml", headings: [], summaries: [], isRun: false },
  ...{ text, lead },
});

test("the last edit of a block counts", () => {
  expect(editIn("kubectl get ing a\n$ kubectl edit ing a -n web\nkubectl get ing")).toBe(
    "$ kubectl edit ing a -n web",
  );
  expect(editIn("kubectl get ing a")).toBeUndefined();
});

test("a part of a list comes behind the others, at the place that the text names", () => {
  const paths = fragment("- path: /b\n  pathType: Exact\n", "Add it under `spec.rules[0].http.paths`:");
  expect(edited("kubectl edit ing a -n web", paths)).toBe(
    `kubectl patch -n web ing a --type=json -p '[{"op":"add","path":"/spec/rules/0/http/paths/-","value":{"path":"/b","pathType":"Exact"}}]'`,
  );
  expect(edited("k -n x edit svc/a", fragment("app: b", "Under `spec.selector`:"))).toBe(
    `kubectl patch -n x svc/a --type=json -p '[{"op":"add","path":"/spec/selector/app","value":"b"}]'`,
  );
  expect(edited("kubectl edit svc a", fragment("app: b", "Like this:"))).toBeUndefined();
});

test("a server block comes into the Corefile", () => {
  const block = fragment("corp.test:53 {\n  forward . 10.0.0.1\n}", "A block of its own:");
  expect(edited("kubectl -n kube-system edit configmap coredns", block)).toMatch(
    /^kubectl get -n kube-system configmap coredns -o json \| jq --arg block 'corp\.test:53[^]*\.data\.Corefile \+=[^]*replace -f -$/,
  );
});

test("a line that the text has changed is changed where it stands", () => {
  const run = (command: string | undefined, object: string) =>
    spawnSync("bash", ["-c", `kubectl() { if [ $1 = get ]; then cat; else cat >&2; fi; }; ${command}`], {
      ...{ input: object, encoding: "utf8" },
    }).stderr;
  const block = fragment("kubernetes a.local b.local {\n  ttl 30\n}", "Replace it with this:");
  const old = fragment("kubernetes a.local {\n  ttl 30\n}", "Find this:");
  expect(isReplacement(block, old)).toBe(true);
  expect(isReplacement(old, block)).toBe(false);
  expect(
    run(replaced("kubectl edit cm coredns", old.text, block.text), "x\n    kubernetes a.local {\n"),
  ).toBe("x\n    kubernetes a.local b.local {\n");
  const next = fragment("kubectl get pods", "Change `app: wbe*` to `app: web`, then look:");
  expect(run(told("kubectl edit svc a", next), "  app: wbe*\n")).toBe("  app: web\n");
  expect(told("kubectl edit svc a", old)).toBeUndefined();
});
