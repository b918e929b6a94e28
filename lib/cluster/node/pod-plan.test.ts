import { expect, test } from "vitest";
import type { Pod } from "@/lib/cluster/resources/types";
import type { ContainerInstance, SandboxState } from "./container-runtime";
import { planPod, type PodOnNode, type PodProblem } from "./pod-plan";
import { podStatusOf } from "./pod-status";

const nowMs = Date.UTC(2026, 0, 1);
const sandbox: SandboxState = { podUid: "u", state: "ready", ips: ["10.244.1.5"] };

const pod = (spec: Partial<Pod["spec"]> = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "shop", uid: "u" },
  spec: { containers: [{ name: "main", image: "nginx" }], restartPolicy: "Always", ...spec },
});

const instance = (name: string, more: Partial<ContainerInstance> = {}): ContainerInstance => ({
  containerId: `${name}-${more.attempt ?? 0}`,
  podUid: "u",
  name,
  attempt: 0,
  image: "nginx",
  state: "running",
  startedAtMs: nowMs - 60_000,
  ...more,
});
const exited = (name: string, exitCode: number, attempt = 0, agoMs = 1000) =>
  instance(name, {
    state: "exited",
    exitCode,
    attempt,
    finishedAtMs: nowMs - agoMs,
    startedAtMs: nowMs - agoMs - 5,
  });

const plan = (
  of: Pod,
  onNode: PodOnNode,
  more: { mustEnd?: boolean; problems?: Map<string, PodProblem> } = {},
) =>
  planPod({ pod: of, onNode, problems: more.problems ?? new Map(), mustEnd: more.mustEnd ?? false, nowMs });
const kinds = (of: ReturnType<typeof plan>) =>
  of.actions.map((action) =>
    action.kind === "start" ? `start ${action.container.name}#${action.attempt}` : action.kind,
  );

test("the way up: sandbox, then all containers at once, then nothing", () => {
  const two = pod({ containers: [{ name: "a" }, { name: "b" }] });
  expect(kinds(plan(two, { containers: [] }))).toEqual(["run-sandbox"]);
  expect(kinds(plan(two, { sandbox, containers: [] }))).toEqual(["start a#0", "start b#0"]);
  expect(kinds(plan(two, { sandbox, containers: [instance("a"), instance("b")] }))).toEqual([]);
});

test("init containers run one after another, sidecars stay beside", () => {
  const of = pod({
    initContainers: [{ name: "first" }, { name: "side", restartPolicy: "Always" }, { name: "last" }],
  });
  const at = (...containers: ContainerInstance[]) => kinds(plan(of, { sandbox, containers }));
  expect(at()).toEqual(["start first#0"]);
  expect(at(instance("first"))).toEqual([]);
  expect(at(exited("first", 0))).toEqual(["start side#0"]);
  expect(at(exited("first", 0), instance("side"))).toEqual(["start last#0"]);
  expect(at(exited("first", 0), instance("side"), exited("last", 0))).toEqual(["start main#0"]);
});

test("restart policies decide over an ended container", () => {
  for (const [restartPolicy, exitCode, expected] of [
    ["Always", 0, ["start main#1"]],
    ["OnFailure", 0, []],
    ["OnFailure", 1, ["start main#1"]],
    ["Never", 1, []],
  ] as const)
    expect(kinds(plan(pod({ restartPolicy }), { sandbox, containers: [exited("main", exitCode)] }))).toEqual(
      expected,
    );
});

test("a crashing container backs off: at once, 10 s, 20 s, up to 5 min, counted from its end", () => {
  const after = (attempt: number) => plan(pod(), { sandbox, containers: [exited("main", 1, attempt)] });
  expect(kinds(after(0))).toEqual(["start main#1"]);
  expect(after(1).backingOff.get("main")?.delayMs).toBe(10_000);
  expect(after(1).wakeAtMs).toBe(nowMs + 9000);
  expect(after(2).backingOff.get("main")?.delayMs).toBe(20_000);
  expect(after(20).backingOff.get("main")?.delayMs).toBe(300_000);
  const ended = plan(pod(), { sandbox, containers: [exited("main", 1, 1, 10_000)] });
  expect(kinds(ended)).toEqual(["start main#2"]);
});

test("the last ended attempt is kept for its log, older ones are removed", () => {
  const containers = [exited("main", 1, 0), exited("main", 1, 1), instance("main", { attempt: 2 })];
  const { actions } = plan(pod(), { sandbox, containers });
  expect(actions).toEqual([{ kind: "remove", instance: containers[0] }]);
});

test("the way down: stop what runs, then the sandbox, then gone; safe twice", () => {
  const end = (onNode: PodOnNode) => plan(pod(), onNode, { mustEnd: true });
  expect(kinds(end({ sandbox, containers: [instance("main")] }))).toEqual(["stop"]);
  expect(kinds(end({ sandbox, containers: [exited("main", 143)] }))).toEqual(["remove-sandbox"]);
  expect(end({ containers: [] }).isGone).toBe(true);
});

test("what failed lately is not tried before its time", () => {
  const problems = new Map([
    ["main", { reason: "ErrImagePull", message: "", failures: 1, retryAtMs: nowMs + 500 }],
  ]);
  const held = plan(pod(), { sandbox, containers: [] }, { problems });
  expect(held.actions).toEqual([]);
  expect(held.wakeAtMs).toBe(nowMs + 500);
});

const statusOf = (of: Pod, onNode: PodOnNode, problems = new Map<string, PodProblem>()) =>
  podStatusOf({
    pod: of,
    onNode,
    problems,
    backingOff: plan(of, onNode).backingOff,
    nodeIp: "172.30.0.2",
    nowMs,
  });

test("a pod without a sandbox is Pending and creates its containers", () => {
  const status = statusOf(pod(), { containers: [] });
  expect(status.phase).toBe("Pending");
  expect(status.containerStatuses?.[0]?.state).toEqual({ waiting: { reason: "ContainerCreating" } });
  expect(status.podIP).toBeUndefined();
});

test("a running pod is Ready with its addresses; a second look changes nothing", () => {
  const status = statusOf(pod(), { sandbox, containers: [instance("main")] });
  expect(status).toMatchObject({ phase: "Running", podIP: "10.244.1.5", hostIP: "172.30.0.2" });
  expect(status.conditions?.map(({ type, status: value }) => `${type}=${value}`)).toEqual([
    "PodReadyToStartContainers=True",
    "Initialized=True",
    "Ready=True",
    "ContainersReady=True",
    "PodScheduled=True",
  ]);
  const later = podStatusOf({
    pod: { ...pod(), status },
    onNode: { sandbox, containers: [instance("main")] },
    problems: new Map(),
    backingOff: new Map(),
    nodeIp: "172.30.0.2",
    nowMs: nowMs + 60_000,
  });
  expect(later).toEqual(status);
});

test("a container in back-off waits as CrashLoopBackOff and tells how its last run ended", () => {
  const [status] = statusOf(pod(), { sandbox, containers: [exited("main", 3, 1)] }).containerStatuses!;
  expect(status).toMatchObject({
    restartCount: 1,
    ready: false,
    state: {
      waiting: {
        reason: "CrashLoopBackOff",
        message: "back-off 10s restarting failed container=main pod=web_shop(u)",
      },
    },
    lastState: { terminated: { exitCode: 3, reason: "Error" } },
  });
});

test("a pod whose containers all ended well has Succeeded, with one failure it has Failed", () => {
  const never = pod({ restartPolicy: "Never", containers: [{ name: "a" }, { name: "b" }] });
  expect(statusOf(never, { sandbox, containers: [exited("a", 0), exited("b", 0)] }).phase).toBe("Succeeded");
  expect(statusOf(never, { sandbox, containers: [exited("a", 0), exited("b", 2)] }).phase).toBe("Failed");
});

test("a failed liveness probe ends a container, with the probe's own grace period, and leaves the others", () => {
  const of = pod({
    containers: [
      { name: "a", livenessProbe: { terminationGracePeriodSeconds: 3 } },
      { name: "b", livenessProbe: {} },
    ],
  });
  const { actions } = planPod({
    pod: of,
    onNode: { sandbox, containers: [instance("a"), instance("b")] },
    problems: new Map(),
    mustEnd: false,
    healthOf: (id) => ({ isStarted: true, isReady: true, ...(id === "a-0" ? { failed: "liveness" } : {}) }),
    nowMs,
  });
  expect(actions).toEqual([
    {
      kind: "stop",
      instance: instance("a"),
      because: "failed liveness probe, will be restarted",
      graceMs: 3000,
    },
  ]);
});

test("a pod ends with its main containers first, then its sidecars from the last to the first", () => {
  const side = (name: string) => ({ name, restartPolicy: "Always" });
  const of = pod({ initContainers: [side("one"), side("two")] });
  const stopped = (...names: string[]) =>
    plan(of, { sandbox, containers: names.map((name) => instance(name)) }, { mustEnd: true }).actions.map(
      (action) => action.kind === "stop" && action.instance.name,
    );
  expect(stopped("one", "two", "main")).toEqual(["main"]);
  expect(stopped("one", "two")).toEqual(["two"]);
  expect(stopped("one")).toEqual(["one"]);
});

test("an ephemeral container is started once, beside what runs, and never again", () => {
  const of = pod({ ephemeralContainers: [{ name: "debug", image: "busybox" }] });
  const main = instance("main");
  expect(kinds(plan(of, { sandbox, containers: [main] }))).toEqual(["start debug#0"]);
  expect(kinds(plan(of, { sandbox, containers: [main, exited("debug", 1)] }))).toEqual([]);
});

test("a pod past its deadline is stopped and failed, with upstream's words", () => {
  const of: Pod = {
    ...pod({ activeDeadlineSeconds: 30 }),
    status: { phase: "Running", startTime: new Date(nowMs - 31_000).toISOString() },
  };
  const onNode = { sandbox, containers: [instance("main")] };
  expect(kinds(plan(of, onNode))).toEqual(["stop"]);
  expect(
    podStatusOf({
      pod: of,
      onNode,
      problems: new Map(),
      backingOff: new Map(),
      nodeIp: "172.30.0.2",
      nowMs,
    }),
  ).toMatchObject({
    phase: "Failed",
    reason: "DeadlineExceeded",
    message: "Pod was active on the node longer than the specified deadline",
  });
});

test("a failed pull is shown as such first, then as waiting for the next attempt", () => {
  const problem: PodProblem = {
    reason: "ErrImagePull",
    message: "no such image",
    failures: 1,
    retryAtMs: nowMs + 10_000,
    then: { atMs: nowMs + 1000, reason: "ImagePullBackOff", message: "Back-off" },
  };
  const shown = (atMs: number) =>
    podStatusOf({
      pod: pod(),
      onNode: { sandbox, containers: [] },
      problems: new Map([["main", problem]]),
      backingOff: new Map(),
      nodeIp: "172.30.0.2",
      nowMs: atMs,
    }).containerStatuses![0]!.state!.waiting!.reason;
  expect(shown(nowMs)).toBe("ErrImagePull");
  expect(shown(nowMs + 1000)).toBe("ImagePullBackOff");
});
