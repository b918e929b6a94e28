import { parseOptions } from "../options";
import { fatal, printObject, type CrictlCommand } from "./command";
import { findContainer, findImage, findPod } from "./find";
import { containerStatus, imageObject, podStatus } from "./objects";

const flags = { "output,o": "value", "quiet,q": "switch" } as const;

export const inspectContainer: CrictlCommand = async (session, _, argv) => {
  const { words, value } = parseOptions(argv, flags);
  if (words.length === 0) return fatal(session, "ID cannot be empty");
  for (const id of words) {
    const { container, pod } = await findContainer(session, id, "getting the status of the container");
    printObject(session, value("output"), containerStatus(container, pod));
  }
};

export const inspectPod: CrictlCommand = async (session, _, argv) => {
  const { words, value } = parseOptions(argv, flags);
  if (words.length === 0) return fatal(session, "ID cannot be empty");
  for (const id of words) {
    const pod = await findPod(session, id, "getting the pod sandbox status for");
    printObject(session, value("output"), podStatus(pod));
  }
};

export const inspectImage: CrictlCommand = async (session, _, argv) => {
  const { words, value } = parseOptions(argv, flags);
  if (words.length === 0) return fatal(session, "ID cannot be empty");
  for (const wanted of words) {
    const image = await findImage(session, wanted);
    if (!image) return fatal(session, `no such image ${JSON.stringify(wanted)} present`);
    printObject(session, value("output"), { status: { ...imageObject(image), pinned: false } });
  }
};

/** What the kubelet asks a runtime for: whether it is ready, and why its network is not. */
export const showInfo: CrictlCommand = async (session, _, argv) => {
  const { value } = parseOptions(argv, flags);
  const listed = await session.run(["ls", "/etc/cni/net.d"]);
  const hasNetwork = /\.(conf|conflist|json)$/m.test(listed.stdout);
  const network = hasNetwork
    ? { status: true, reason: "", message: "" }
    : {
        status: false,
        reason: "NetworkPluginNotReady",
        message: "Network plugin returns error: cni plugin not initialized",
      };
  const info = {
    config: {
      cni: { binDir: "/opt/cni/bin", binDirs: ["/opt/cni/bin"], confDir: "/etc/cni/net.d", maxConfNum: 1 },
      containerd: { defaultRuntimeName: "runc" },
      containerdEndpoint: "/run/containerd/containerd.sock",
      containerdRootDir: "/var/lib/containerd",
      rootDir: "/var/lib/containerd/io.containerd.grpc.v1.cri",
      stateDir: "/run/containerd/io.containerd.grpc.v1.cri",
    },
    lastCNILoadStatus: hasNetwork
      ? "OK"
      : "cni config load failed: no network config found in /etc/cni/net.d: cni plugin not initialized: failed to load cni config",
    status: {
      conditions: [
        { message: "", reason: "", status: true, type: "RuntimeReady" },
        { message: network.message, reason: network.reason, status: network.status, type: "NetworkReady" },
      ],
    },
  };
  printObject(session, value("output"), info);
};
