import { expect, test } from "vitest";
import { parseImageReference, patternMatches, pullErrorText } from "./reference";

test.each([
  ["nginx", "docker.io/library/nginx:latest"],
  ["nginx:1.27-alpine", "docker.io/library/nginx:1.27-alpine"],
  ["docker.io/traefik:v3.5.3", "docker.io/library/traefik:v3.5.3"],
  ["kodekloud/webapp-color", "docker.io/kodekloud/webapp-color:latest"],
  ["registry.k8s.io/coredns/coredns:v1.12.1", "registry.k8s.io/coredns/coredns:v1.12.1"],
  ["localhost:5000/a/b:c", "localhost:5000/a/b:c"],
  ["quay.io/x", "quay.io/x:latest"],
])("%s means %s", (text, name) => {
  expect(parseImageReference(text)?.name).toBe(name);
});

test.each(["", "NGINX", "nginx:", "a b", "nginx:latest:latest", "/nginx", "nginx@sha256:12"])(
  "%j is no reference",
  (text) => {
    expect(parseImageReference(text)).toBeUndefined();
  },
);

test("a pattern matches tags of its image and no other image", () => {
  const matches = (pattern: string, text: string) => patternMatches(pattern, parseImageReference(text)!);
  expect(matches("busybox:*", "docker.io/library/busybox:1.28")).toBe(true);
  expect(matches("busybox:*", "busybox")).toBe(true);
  expect(matches("registry.k8s.io/etcd:3.6.*", "registry.k8s.io/etcd:3.6.5-0")).toBe(true);
  expect(matches("registry.k8s.io/etcd:3.6.*", "registry.k8s.io/etcd:3.5.1")).toBe(false);
  expect(matches("busybox:*", "evil/busybox:1")).toBe(false);
});

test("a pull without network reads as containerd words it", () => {
  expect(pullErrorText(parseImageReference("ngnix")!)).toBe(
    'failed to pull and unpack image "docker.io/library/ngnix:latest": failed to resolve reference ' +
      '"docker.io/library/ngnix:latest": failed to do request: Head ' +
      '"https://registry-1.docker.io/v2/library/ngnix/manifests/latest": dial tcp: lookup registry-1.docker.io: no such host',
  );
});
