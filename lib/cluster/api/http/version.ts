import type { Api } from "../api";

/** version.Info: what `kubectl version` prints of the server. */
export function versionInfo({ registry }: Api): Record<string, string> {
  const gitVersion = registry.facts.version;
  const [, major = "1", minor = "34"] = /^v(\d+)\.(\d+)/.exec(gitVersion) ?? [];
  return {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: String(Number(minor) - 1),
    gitVersion,
    gitCommit: "",
    gitTreeState: "clean",
    buildDate: "2025-11-11T19:03:07Z",
    goVersion: "go1.24.11",
    compiler: "gc",
    platform: "linux/amd64",
  };
}
