import { expect, test } from "vitest";
import { mergeCommand, parseMemory, parsePublish, parseRestart, parseVolume } from "./run-options";

test("ports are published by address, host port and protocol", () => {
  expect(parsePublish("8080:80")).toEqual([
    { containerPort: 80, protocol: "tcp", hostIp: "", hostPort: 8080 },
  ]);
  expect(parsePublish("127.0.0.1:5353:53/udp")).toEqual([
    { containerPort: 53, protocol: "udp", hostIp: "127.0.0.1", hostPort: 5353 },
  ]);
  expect(parsePublish("80")[0]).toMatchObject({ containerPort: 80, hostPort: 0 });
  expect(
    parsePublish("8000-8001:80-81").map(({ hostPort, containerPort }) => [hostPort, containerPort]),
  ).toEqual([
    [8000, 80],
    [8001, 81],
  ]);
});

test("ports that are none are refused in docker's words", () => {
  expect(() => parsePublish("8080:http")).toThrow("invalid containerPort: http");
  expect(() => parsePublish("99999:80")).toThrow("invalid hostPort: 99999");
  expect(() => parsePublish("80:80/icmp")).toThrow("invalid proto: icmp");
  expect(() => parsePublish("8000-8002:80-81")).toThrow(
    "invalid ranges specified for container and host Ports",
  );
});

test("a volume is a folder of the host, or has a name", () => {
  const given = { workingDir: "/root/site", volumePath: (name: string) => `/volumes/${name}` };
  expect(parseVolume("/srv:/data:ro", given)).toEqual({ source: "/srv", target: "/data", readOnly: true });
  expect(parseVolume("./html:/data", given).source).toBe("/root/site/html");
  expect(parseVolume("../html:/data", given).source).toBe("/root/html");
  expect(parseVolume("web:/data", given)).toMatchObject({ source: "/volumes/web", volume: "web" });
  expect(() => parseVolume("a/b:/data", given)).toThrow(
    "includes invalid characters for a local volume name",
  );
  expect(() => parseVolume("/srv:data", given)).toThrow("mount path must be absolute");
});

test("words take the place of the image's command, --entrypoint that of both", () => {
  const image = { entrypoint: ["/entry"], cmd: ["serve"] };
  const flags = (entrypoint?: string) => ({ value: () => entrypoint });
  expect(mergeCommand(flags(), [], image)).toEqual({ entrypoint: ["/entry"], cmd: ["serve"] });
  expect(mergeCommand(flags(), ["sh"], image)).toEqual({ entrypoint: ["/entry"], cmd: ["sh"] });
  expect(mergeCommand(flags("/bin/ls"), ["-l"], image)).toEqual({ entrypoint: ["/bin/ls"], cmd: ["-l"] });
  expect(mergeCommand(flags("/bin/ls"), [], image).cmd).toEqual([]);
});

test("memory and restart policies", () => {
  expect(parseMemory("64m")).toBe(64 * 1024 ** 2);
  expect(() => parseMemory("much")).toThrow("invalid size: 'much'");
  expect(parseRestart("on-failure:3")).toEqual({ name: "on-failure", max: 3 });
  expect(() => parseRestart("never")).toThrow("unknown policy 'never'");
});
