import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { projectPath } from "@/lib/core/paths";
import { normalize } from "./normalize";
import { formatSession, kubectlCommands, parseSession } from "./session";

const folder = projectPath("lib/cluster/api/kubectl-golden");
const texts = readdirSync(folder)
  .filter((name) => name.endsWith(".golden"))
  .map((name) => readFileSync(join(folder, name), "utf8"));
const sessions = texts.map(parseSession);

test("the golden files run at least 150 different kubectl commands", () => {
  expect(kubectlCommands(sessions).size).toBeGreaterThanOrEqual(150);
});

test("every command that the labs need most is among them", () => {
  const commands = [...kubectlCommands(sessions)];
  const verbs =
    "annotate api-resources api-versions apply attach auth autoscale certificate cluster-info config cordon cp create debug delete describe diff drain edit events exec explain expose get kustomize label logs patch port-forward proxy replace rollout run scale set taint top uncordon version wait";
  const missing = verbs.split(" ").filter((verb) => !commands.some((one) => one.split(" ")[1] === verb));
  expect(missing).toEqual([]);
});

describe("golden files", () => {
  test("are read and written alike", () => {
    for (const text of texts) expect(formatSession(parseSession(text))).toBe(text);
  });

  test("keep what does not differ between runs", () => {
    expect(normalize("NAME    READY   AGE\nweb-5d4f8c7b9-x2x4z   1/1   3m20s\n")).toBe(
      "NAME   READY   AGE\nweb-5d4f8c7b9-<id>   1/1   <age>\n",
    );
    expect(normalize("clusterIP: 10.99.3.4, 10.96.0.1, 172.30.1.10")).toBe(
      "clusterIP: <cluster-ip>, 10.96.0.1, 172.30.1.10",
    );
  });
});
