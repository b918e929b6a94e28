import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import type { Block } from "./markdown";
import { scriptOf, shellLines, solutionBlocks } from "./solution";

const block = (text: string, more: Partial<Block> = {}): Block => ({
  ...{ language: "", headings: [], summaries: [], isRun: false },
  ...more,
  text,
});
const manifest = block("apiVersion: v1\nkind: Service", { language: "yaml" });

test.each<[string, Block[], number[]]>([
  [
    "what details call the solution",
    [
      block("kubectl get svc", { summaries: ["Tip"] }),
      block("kubectl run a --image=b", { summaries: ["Solution"] }),
    ],
    [1],
  ],
  [
    "what a heading calls so",
    [block("kubectl delete pod a"), block("kubectl run a", { headings: ["Answer"] })],
    [1],
  ],
  [
    "what a click runs, where nothing is called so",
    [block("kubectl run a"), block("kubectl run b", { isRun: true })],
    [1],
  ],
  ["all, where the marked part only looks", [manifest, block("curl -s x", { summaries: ["Solution"] })], [0]],
  [
    "a shell block that is called yaml",
    [block("# first\ncat << EOF | kubectl apply -f -\napiVersion: v1\nkind: Pod\nEOF", { language: "yaml" })],
    [0],
  ],
  ["no output", [block("NAME READY\na 1/1"), block("kubectl run a")], [1]],
])("a solution is %s", (_, blocks, expected) => {
  expect(solutionBlocks(blocks)).toEqual(expected.map((index) => blocks[index]));
});

test("what only looks like a manifest stays a command", () => {
  const text = "cat << EOF | kubectl apply -f -\napiVersion: v1\nkind: Pod\nEOF";
  expect(scriptOf([block(text, { language: "yaml" })])).toContain(`\n${text}\n`);
});

test("a manifest goes into the file that the next command names, or is applied", () => {
  const named = scriptOf([manifest, block("k apply -f svc.yaml\nk get svc")]);
  expect(named).toMatch(
    /tee svc\.yaml >\/dev\/null <<'(\w+)'\napiVersion: v1\nkind: Service\n---\n\1\n[^]*\nk apply -f svc\.yaml/,
  );
  expect(scriptOf([manifest])).toMatch(
    /kubectl apply -f - <<'(\w+)'\napiVersion: v1\nkind: Service\n---\n\1\n$/,
  );
  const fetched = scriptOf([manifest, block("kubectl apply -f https://host/a.yaml")]);
  expect(fetched).toMatch(/kubectl apply -f - <<'\w+'\napiVersion/);
});

test("each block runs, whatever output an author has left in another", () => {
  const script = scriptOf([
    block("echo one\n(no output"),
    block("kubectl edit svc a", { language: "bash" }),
    block("app: b", { lead: "Under `spec.selector`:" }),
    block("x=two; echo $x"),
  ]);
  expect(script).toContain("kubectl patch svc a");
  const run = spawnSync("bash", ["-c", script.replace(/^trap.*$/m, "")], { encoding: "utf8" });
  expect(run.stdout).toBe("one\ntwo\n");
});

test("what waits for a person or never ends is left out", () => {
  const lines =
    "$ kubectl edit svc a\nvim a.yaml\nkubectl get pods -w\nkubectl exec -it a -- sh\nk run b --rm -it --image=busybox -- sh\n$ kubectl get pods\nkubectl port-forward a 1:1 &\nkubectl logs -f a\nk -n b logs deploy/c -f\nkubectl logs -f a &";
  expect(shellLines(lines)).toEqual([
    "kubectl get pods",
    "kubectl port-forward a 1:1 &",
    "kubectl logs -f a &",
  ]);
});

test.each([
  [
    "kubectl delete networkpolicy <name>",
    "kubectl delete networkpolicy $(kubectl get networkpolicy -o jsonpath='{.items[0].metadata.name}')",
  ],
  [
    "k -n web label pod <pod-name> app=a",
    "k -n web label pod $(kubectl get pod -n web -o jsonpath='{.items[0].metadata.name}') app=a",
  ],
  [
    "kubectl exec <pod> -- wget -O- http://a:80",
    "kubectl exec $(kubectl get pod -o jsonpath='{.items[0].metadata.name}') -- wget -O- http://a:80",
  ],
  ["kubectl get pods > out.txt", "kubectl get pods > out.txt"],
])("%s: a placeholder is an object's name", (line, played) => expect(shellLines(line)).toEqual([played]));
