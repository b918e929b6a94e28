import type { Ingress } from "@/lib/cluster/resources/types";
import type { ControllerConfig } from "../settings/controller-config";
import { AnnotationError, annotationPrefix, readSettings } from "../settings/read-settings";

/** Words that upstream's deep inspection refuses in paths, for what they could make nginx read or run. */
const forbiddenPaths = [
  /\s*alias\s*.*;/s,
  /\s*root\s*.*;/s,
  /\/etc\/(passwd|shadow|group|nginx|ingress-controller)/,
  /\/var\/run\/secrets/,
  /_by_lua/,
];
const plainPath = /^\/[A-Za-z0-9._\-/]*$/;

/**
 * Why the controller would refuse an Ingress, in upstream's words, or undefined (ingress-nginx 1.13, CheckIngress). `others`
 * are the Ingresses of the same controller.
 */
export function checkIngress(
  ingress: Ingress,
  others: Ingress[],
  config: ControllerConfig,
): string | undefined {
  if (ingress.metadata.deletionTimestamp) return undefined;
  return (
    inspectPaths(ingress) ??
    (config["strict-validate-path-type"] ? checkPathTypes(ingress) : undefined) ??
    checkSnippets(ingress, config) ??
    checkAnnotations(ingress) ??
    checkOverlap(ingress, others)
  );
}

function pathsOf(ingress: Ingress) {
  return (ingress.spec?.rules ?? []).flatMap(({ host, http }) =>
    (http?.paths ?? []).map((path) => ({ host: host || "_", ...path })),
  );
}

function inspectPaths(ingress: Ingress): string | undefined {
  for (const { path = "" } of pathsOf(ingress))
    if (forbiddenPaths.some((pattern) => pattern.test(path)))
      return `invalid object: invalid path in rules: invalid value found: ${path}`;
  return undefined;
}

function checkPathTypes(ingress: Ingress): string | undefined {
  const wrong = pathsOf(ingress).filter(
    ({ path, pathType }) => path && pathType !== "ImplementationSpecific" && !plainPath.test(path),
  );
  if (wrong.length === 0) return undefined;
  const texts = wrong.map(({ path, pathType }) => `path ${path} cannot be used with pathType ${pathType}`);
  return `ingress contains invalid paths: ${texts.join("\n")}`;
}

function checkSnippets(ingress: Ingress, config: ControllerConfig): string | undefined {
  if (config["allow-snippet-annotations"]) return undefined;
  const key = Object.keys(ingress.metadata.annotations ?? {}).find((name) => name.endsWith("-snippet"));
  return key === undefined
    ? undefined
    : `${key} annotation cannot be used. Snippet directives are disabled by the Ingress administrator`;
}

function checkAnnotations(ingress: Ingress): string | undefined {
  try {
    readSettings(ingress, { allowSnippets: true });
    return undefined;
  } catch (failure) {
    if (failure instanceof AnnotationError) return failure.message;
    throw failure;
  }
}

function checkOverlap(ingress: Ingress, others: Ingress[]): string | undefined {
  const { name, namespace } = ingress.metadata;
  const rest = others.filter(({ metadata }) => metadata.name !== name || metadata.namespace !== namespace);
  for (const { host, path, backend } of pathsOf(ingress)) {
    if (!backend.service) continue;
    for (const other of rest) {
      const isTaken = pathsOf(other).some(
        (existing) =>
          existing.host === host && (existing.path || "/") === (path || "/") && existing.backend.service,
      );
      if (!isTaken || isCanary(ingress) !== isCanary(other)) continue;
      return `host "${host}" and path "${path || "/"}" is already defined in ingress ${other.metadata.namespace}/${other.metadata.name}`;
    }
  }
  return undefined;
}

function isCanary({ metadata }: Ingress): boolean {
  return /^(1|t)/i.test(metadata.annotations?.[`${annotationPrefix}canary`] ?? "");
}
