import { needArguments, type DockerCommand } from "./command";
import { parseFlags } from "./flags";
import { render } from "./show";

export const versions = {
  engine: "27.5.1",
  api: "1.47",
  minApi: "1.24",
  go: "go1.22.11",
  commit: "9f9e405",
  containerd: "v2.1.4",
};

export const versionObject = {
  Client: {
    Version: versions.engine,
    ApiVersion: versions.api,
    GoVersion: versions.go,
    GitCommit: versions.commit,
    Os: "linux",
    Arch: "amd64",
    Context: "default",
  },
  Server: {
    Version: versions.engine,
    ApiVersion: versions.api,
    MinAPIVersion: versions.minApi,
    GoVersion: versions.go,
    GitCommit: versions.commit,
    Os: "linux",
    Arch: "amd64",
    Experimental: false,
  },
};

export const version: DockerCommand = async (call, argv) => {
  const flags = parseFlags(argv, { "format,f": "value" });
  needArguments(call, flags.words, 0, 0);
  const format = flags.value("format");
  if (format !== undefined)
    return call.session.printOut(
      format === "json" ? JSON.stringify(versionObject) : render(call.session, format, versionObject),
    );
  call.session.printOut(`${clientVersion}
Server: Docker Engine - Community
 Engine:
  Version:          ${versions.engine}
  API version:      ${versions.api} (minimum version ${versions.minApi})
  Go version:       ${versions.go}
  Git commit:       ${versions.commit}
  OS/Arch:          linux/amd64
  Experimental:     false
 containerd:
  Version:          ${versions.containerd}
 runc:
  Version:          1.2.4
 docker-init:
  Version:          0.19.0`);
};

export const clientVersion = `Client: Docker Engine - Community
 Version:           ${versions.engine}
 API version:       ${versions.api}
 Go version:        ${versions.go}
 Git commit:        ${versions.commit}
 OS/Arch:           linux/amd64
 Context:           default
`;

export const info: DockerCommand = async (call, argv) => {
  const flags = parseFlags(argv, { "format,f": "value" });
  needArguments(call, flags.words, 0, 0);
  const { engine } = call;
  const { stdout } = await engine.host.exec([
    ...[
      "sh",
      "-c",
      "uname -r; . /etc/os-release; echo \"$PRETTY_NAME\"; nproc; awk '/MemTotal/ { print $2 }' /proc/meminfo",
    ],
  ]);
  const [kernel = "", system = "", cpus = "", memoryKib = ""] = stdout.trim().split("\n");
  const running = engine.containers.filter(({ status }) => status === "running").length;
  const object = {
    ID: engine.networks[0]?.id.slice(0, 36) ?? "",
    Containers: engine.containers.length,
    ContainersRunning: running,
    ContainersPaused: 0,
    ContainersStopped: engine.containers.length - running,
    Images: engine.images.length,
    Driver: "overlayfs",
    Plugins: { Volume: ["local"], Network: ["bridge", "host", "null"], Log: ["json-file"] },
    LoggingDriver: "json-file",
    CgroupDriver: "none",
    KernelVersion: kernel,
    OperatingSystem: system,
    OSType: "linux",
    Architecture: "x86_64",
    NCPU: Number(cpus),
    MemTotal: Number(memoryKib) * 1024,
    DockerRootDir: "/var/lib/docker",
    Name: engine.host.name,
    ServerVersion: versions.engine,
    DefaultRuntime: "runc",
    LiveRestoreEnabled: false,
  };
  const format = flags.value("format");
  if (format !== undefined)
    return call.session.printOut(
      format === "json" ? JSON.stringify(object) : render(call.session, format, object),
    );
  call.session.printOut(`Client: Docker Engine - Community
 Version:    ${versions.engine}
 Context:    default
 Debug Mode: false

Server:
 Containers: ${object.Containers}
  Running: ${running}
  Paused: 0
  Stopped: ${object.ContainersStopped}
 Images: ${object.Images}
 Server Version: ${versions.engine}
 Storage Driver: overlayfs
  driver-type: io.containerd.snapshotter.v1
 Logging Driver: json-file
 Cgroup Driver: none
 Plugins:
  Volume: local
  Network: bridge host null
  Log: json-file
 Swarm: inactive
 Runtimes: runc
 Default Runtime: runc
 containerd version: ${versions.containerd}
 Kernel Version: ${kernel}
 Operating System: ${system}
 OSType: linux
 Architecture: x86_64
 CPUs: ${cpus}
 Total Memory: ${(object.MemTotal / 1024 ** 3).toPrecision(4)}GiB
 Name: ${object.Name}
 Docker Root Dir: /var/lib/docker
 Debug Mode: false
 Live Restore Enabled: false`);
};
