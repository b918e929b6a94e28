import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { AppError } from "@/lib/core/app-error";
import { runCommand } from "@/lib/core/run-command";
import type { Mirror } from "./mirror";

const chartFile = z.looseObject({
  apiVersion: z.string(),
  name: z.string().min(1),
  version: z.string().min(1),
});

export const ociTypes = {
  manifest: "application/vnd.oci.image.manifest.v1+json",
  chartConfig: "application/vnd.cncf.helm.config.v1+json",
  chartContent: "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
};

/**
 * Puts a packaged chart into a registry of the mirror, as `helm push CHART.tgz oci://HOST/PATH` would, and returns its reference
 * "oci://HOST/PATH/NAME:VERSION". Throws `invalid` for a file that is no chart.
 */
export async function addChart(mirror: Mirror, registry: string, chartPath: string): Promise<string> {
  const content = await readFile(chartPath);
  const chart = await readChart(chartPath);
  // The tag that helm gives a version: "+" has no place in one.
  const reference = `${registry.replace(/\/$/, "")}/${chart.name}:${chart.version.replaceAll("+", "_")}`;
  const manifestPath = mirror.place(reference);
  const config = Buffer.from(JSON.stringify(chart));
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: ociTypes.manifest,
      config: descriptor(ociTypes.chartConfig, config),
      layers: [descriptor(ociTypes.chartContent, content)],
    }),
  );
  const manifests = join(manifestPath, "..");
  const blobs = join(manifests, "../blobs");
  await mkdir(manifests, { recursive: true });
  await mkdir(blobs, { recursive: true });
  for (const blob of [config, content]) await writeFile(join(blobs, digestOf(blob)), blob);
  await writeFile(join(manifests, digestOf(manifest)), manifest);
  await writeFile(manifestPath, manifest);
  return reference;
}

export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function descriptor(mediaType: string, bytes: Buffer) {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

async function readChart(path: string): Promise<z.infer<typeof chartFile>> {
  const argv = ["tar", "-xzO", "--wildcards", "--no-wildcards-match-slash", "-f", path, "*/Chart.yaml"];
  try {
    return chartFile.parse(parse((await runCommand(argv)).stdout));
  } catch (cause) {
    throw new AppError("invalid", `${path} is not a packaged chart: make one with helm package.`, { cause });
  }
}
