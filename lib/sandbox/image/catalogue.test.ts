import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectRoot } from "@/lib/core/paths";
import type { Image } from "./ensure-images";
import { findImage } from "./find-image";
import { readImageRecipes } from "./recipe";

/** The catalogue without its files: what a reference leads to. */
async function catalogue(): Promise<Image[]> {
  const recipes = await readImageRecipes();
  return recipes.flatMap((recipe) =>
    [recipe, ...recipe.variants.map((variant) => ({ ...recipe, tags: undefined, ...variant }))].map(
      (one) => ({
        ...one,
        ...{ imageId: "", key: recipe.name, layers: [recipe.name], authorities: false, sizeBytes: 0 },
      }),
    ),
  );
}
const images = await catalogue();
const found = (reference: string) => {
  try {
    const { image } = findImage(images, reference);
    return [image.name, ...image.entrypoint].join(" ");
  } catch (failure) {
    return (failure as Error).message.replace(/^.*": /, "");
  }
};

test.each([
  ["nginx", "nginx /docker-entrypoint.sh"],
  ["nginx:1.27-alpine", "nginx /docker-entrypoint.sh"],
  ["nginx:1.23-bullseye-perl", "nginx /docker-entrypoint.sh"],
  ["public.ecr.aws/nginx/nginx:stable-perl", "nginx /docker-entrypoint.sh"],
  ["busybox:1.28", "busybox-1.28"],
  ["busybox:1.28.4", "busybox-1.28"],
  ["busybox", "busybox"],
  ["busybox:1.36.1", "busybox"],
  ["busybox:stable", "busybox"],
  ["alpine:3.20", "alpine"],
  ["curlimages/curl:8.11.1", "curl /entrypoint.sh"],
  ["radial/busyboxplus:curl", "curl"],
  ["nicolaka/netshoot", "toolbox"],
  ["registry.k8s.io/e2e-test-images/jessie-dnsutils:1.3", "toolbox"],
  ["registry.k8s.io/e2e-test-images/agnhost:2.53", "agnhost /agnhost"],
  ["httpd:2.4-alpine", "httpd"],
  ["httpd:trixie", "httpd"],
  ["redis:7-alpine", "redis docker-entrypoint.sh"],
  ["mysql:5.7", "mariadb docker-entrypoint.sh"],
  ["mariadb:10.8-focal", "mariadb docker-entrypoint.sh"],
  ["postgres:13-alpine", "postgres docker-entrypoint.sh"],
  ["python:3.11-slim", "python"],
  ["tiangolo/uvicorn-gunicorn-fastapi:python3.11", "fastapi"],
  ["rancher/local-path-provisioner:v0.0.31", "local-path-provisioner local-path-provisioner"],
  ["quay.io/tigera/operator:v1.34.5", "tigera-operator operator"],
  ["node:18-alpine", "node-js docker-entrypoint.sh"],
  ["ubuntu:22.04", "ubuntu"],
  ["hashicorp/http-echo:0.2.3", "http-echo /http-echo"],
  ["gcr.io/google-samples/hello-app:2.0", "pages /hello-app 2.0.0"],
  ["kodekloud/webapp-color", "pages /usr/local/bin/webapp-color"],
  ["kodekloud/ecommerce:video", "pages /usr/local/bin/shop video"],
  ["kodekloud/simple-webapp-mysql", "simple-webapp-mysql /opt/app.pl"],
  ["viktoruj/ping_pong:alpine", "pages /usr/local/bin/ping_pong"],
  ["nginxdemos/hello:plain-text", "nginx-hello"],
  ["bitnami/kubectl:latest", "kubectl kubectl"],
  [`nginx@sha256:${"0".repeat(64)}`, "nginx /docker-entrypoint.sh"],
])("%s is %s", (reference, name) => {
  expect(found(reference)).toBe(name);
});

test.each([
  "nginx:1-alpinex",
  "nginx:1.19-invalid-tag",
  "nginx:doesnotexist-999",
  "nginx:broken-tag",
  "busybox:1.288",
  "redis:nope",
  "kodekloud/ecommerce:nope",
  "viktoruj/ping_pong:doesnotexist999",
])("%s has no such tag", (reference) => {
  expect(found(reference)).toMatch(/: not found$/);
});

test.each(["ngnix", "mongo:5.0", "rrredis:alpine", "very-bad-registry.com/image", "nginx/very-bad"])(
  "%s cannot be pulled",
  (reference) => {
    expect(found(reference)).toMatch(/dial tcp: lookup [\w.-]+: no such host$/);
  },
);

test("the catalogue has more than forty images, each recipe's base among them", async () => {
  const repositories = new Set(
    images.flatMap(({ references }) => references.map((one) => one.replace(/:[^/:]*$/, ""))),
  );
  expect(repositories.size).toBeGreaterThan(40);
  const recipes = await readImageRecipes();
  const names = new Set(recipes.map(({ name }) => name));
  for (const { name, base } of recipes)
    if (base !== undefined) expect([name, names.has(base)]).toEqual([name, true]);
  expect(existsSync(join(projectRoot, "images/debian/image.yaml"))).toBe(true);
});
