import type { KubeObject } from "@/lib/cluster/resources/kind";
import { apiVersionOf, type Resource } from "../registry/registry";

/** A write as another version of the kind sees it. */
export interface VersionView {
  old: KubeObject | undefined;
  next: KubeObject;
}

export type VersionViews = ReadonlyMap<string, VersionView>;

/**
 * An update in the versions that it was asked for in and that its managers spoke in, where only a webhook can convert;
 * a version that it fails for is left out.
 */
export async function versionViews(
  { kind }: Resource,
  old: KubeObject,
  next: KubeObject,
): Promise<VersionViews> {
  const views = new Map<string, VersionView>();
  const { conversion } = kind;
  if (!conversion?.isByWebhook) return views;
  const managers = (old.metadata.managedFields ?? []) as { apiVersion: string }[];
  const versions = new Set([apiVersionOf(kind), ...managers.map(({ apiVersion }) => apiVersion)]);
  versions.delete(next.apiVersion);
  for (const version of versions) {
    try {
      await conversion.prepare([old], version);
      views.set(version, {
        old: conversion.known(old, version),
        next: await conversion.convert(next, version),
      });
    } catch {
      continue; // what cannot be told of in that version is not told of
    }
  }
  return views;
}
