import type { Page } from "@playwright/test";
import type { Terminal } from "./terminal";
import { answer } from "./workspace";

export const labTitle = "Explore the environment";

/** What a student reads off the terminal, by the title of the question that asks for it. */
export async function readAnswers(terminal: Terminal): Promise<Record<string, string>> {
  const address = (node: string) =>
    terminal.read(`k get node ${node} -o jsonpath='{.status.addresses[0].address}{"\\n"}'`);
  const controlplaneIp = await address("controlplane");
  const workerIp = await address("node01");
  const uplink = (await terminal.read(`ip -br a | grep ' ${controlplaneIp}/'`)).split(/[\s@]/)[0]!;
  const mac = async (text: Promise<string>) => /([0-9a-f]{2}:){5}[0-9a-f]{2}/.exec(await text)![0];
  const bridge = (await terminal.read("ip -br link show type bridge")).split(/\s+/);
  return {
    "How large is this cluster?": await terminal.read("kubectl get nodes --no-headers | wc -l"),
    "The control plane's address": controlplaneIp,
    "The interface behind that address": uplink,
    "The control plane's MAC address": await mac(terminal.read(`ip link show ${uplink} | grep ether`)),
    "The worker's address": workerIp,
    "The worker's MAC address": await mac(
      terminal.read("ssh node01 ip link | grep -A1 'ens\\|enp\\|eth0' | grep ether | head -1"),
    ),
    "The bridge that pods are plugged into": bridge[0]!,
    "The state of that bridge": bridge[1]!,
    "The way out": (await terminal.read("ip route show default")).split(" ")[2]!,
    "The scheduler's port": /:(\d+)/.exec(await terminal.read("netstat -nplt | grep kube-scheduler"))![1]!,
    "The busier port of etcd": await terminal.read(
      "netstat -anp 2>/dev/null | grep ESTABLISHED | grep /etcd | awk '{print $4}' | cut -d: -f2 | sort | uniq -c | sort -n | tail -1 | awk '{print $2}'",
    ),
  };
}

/** Does the two tasks with the values found; their names are read off the questions. */
export async function doTasks(
  page: Page,
  terminal: Terminal,
  answers: Record<string, string>,
): Promise<void> {
  const panel = page.getByRole("region", { name: /^Question \d+ of/ });
  const words = async (title: string) => {
    await page
      .getByRole("navigation", { name: "Questions" })
      .getByRole("button", { name: new RegExp(title) })
      .click();
    return panel.locator("code").allInnerTexts();
  };
  const [namespace, name] = await words("Record what you found");
  await terminal.run(`kubectl create namespace ${namespace}`);
  await terminal.run(
    `kubectl create configmap ${name} -n ${namespace} --from-literal=gateway=${answers["The way out"]} ` +
      `--from-literal=scheduler-port=${answers["The scheduler's port"]} --from-literal=worker-mac=${answers["The worker's MAC address"]}`,
  );
  const file = (await words("Copy the worker's routing table")).find((word) => word.startsWith("/root/"));
  await terminal.run(`ssh node01 ip route > ${file}`);
}

export async function enterAnswers(page: Page, answers: Record<string, string>): Promise<void> {
  for (const [question, value] of Object.entries(answers)) await answer(page, question, value);
}
