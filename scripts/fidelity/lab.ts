import { z } from "zod";
import type { LabEnvironmentInput } from "@/lib/contract/environment";

/** One line of a list of public labs, in the form of `corpora/*.json`: what is known of a lab that others wrote. */
export const listedLab = z.object({
  /** "owner/name" on GitHub; its checkout lies in a folder of that name with "+" for "/". */
  repo: z.string(),
  /** Below the checkout; "#q7" or "#task7" picks one task of an exam. */
  path: z.string(),
  topic: z.string(),
  /** Its own check passes before anything is done. */
  weak_verify: z.boolean().default(false),
  known_broken: z.string().default(""),
});
export type ListedLab = z.infer<typeof listedLab>;
export const labList = z.object({ labs: z.array(listedLab) });

/** A script of the lab, run with bash as root on the control plane. */
export interface Script {
  name: string;
  text: string;
  args?: string[];
}

/** What a student does at once, and is checked for. */
export interface Stage {
  setup: Script[];
  solution: Script;
  /** All must exit with 0. Empty: the lab checks nothing, and the solution has to go through without an error. */
  verify: Script[];
}

/** A public lab, whatever the layout of its repository. */
export interface PublicLab {
  nodes: "one" | "two";
  /** The cluster as `kubeadm init` leaves it, without a network: its range for pods. */
  freshPodCidr?: string | undefined;
  files: LabEnvironmentInput["files"];
  setup: Script[];
  stages: Stage[];
  workDir: string;
}

/** Reads the lab in `folder`; `task` is what stands behind "#". Undefined when the folder has another layout. */
export type Layout = (folder: string, task: string | undefined) => Promise<PublicLab | undefined>;
