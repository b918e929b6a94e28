import { describe, expect, it } from "vitest";
import { loadKubeletConfiguration } from "./kubelet-configuration";

const good = `apiVersion: kubelet.config.k8s.io/v1beta1
authentication:
  x509:
    clientCAFile: /etc/kubernetes/pki/ca.crt
kind: KubeletConfiguration
clusterDNS:
- 10.96.0.10
healthzPort: 10248
staticPodPath: /etc/kubernetes/manifests
`;
const load = (from: string | RegExp, to: string) =>
  loadKubeletConfiguration("/var/lib/kubelet/config.yaml", good.replace(from, to));

describe("loadKubeletConfiguration", () => {
  it.each([
    [/^[^]*$/, "", 'kubelet config file "/var/lib/kubelet/config.yaml" was empty'],
    ["  x509:", "  x509", "failed to decode: yaml: line 4: mapping values are not allowed in this context"],
    [
      "KubeletConfiguration",
      "KubeletConfig",
      'failed to decode: no kind "KubeletConfig" is registered for version "kubelet.config.k8s.io/v1beta1" in scheme "pkg/kubelet/apis/config/scheme/scheme.go:33"',
    ],
    ["kind: KubeletConfiguration\n", "", "failed to decode: Object 'Kind' is missing in"],
    [
      "10248",
      "no",
      "failed to decode: json: cannot unmarshal string into Go struct field KubeletConfiguration.healthzPort of type int32",
    ],
  ])("refuses %s -> %j as the kubelet does", (from, to, failure) => {
    expect(load(from, to)).toEqual({ failure: expect.stringContaining(failure) as string });
  });

  it("only tells of fields that it does not know", () => {
    expect(load("staticPodPath", "staticPodsPath")).toEqual({ unknownFields: ["staticPodsPath"] });
    expect(load("clientCAFile", "clientCAfile")).toEqual({
      unknownFields: ["authentication.x509.clientCAfile"],
    });
    expect(load("", "")).toEqual({ unknownFields: [] });
  });
});
