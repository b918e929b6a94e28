import { z } from "zod";
import { addon, nodeRole } from "./environment";
import { dnsLabel } from "./fields";

/** `lab.yaml`, as an author writes it. Strings may hold {{parameters}} where a comment says "template". */

/** How one value of an attempt is drawn. The draw is a pure function of the attempt's seed. */
export const parameterSpec = z.union([
  z
    .object({
      pick: z.array(z.union([z.string(), z.number()])).min(2),
      /** Never the value of another pick or integer of the lab. */
      distinct: z.boolean().default(true),
    })
    .strict(),
  z
    .object({
      integer: z.object({ min: z.number().int(), max: z.number().int() }).strict(),
      distinct: z.boolean().default(true),
    })
    .strict(),
  /** A random subnet of `from` with the given prefix length: "172.16.0.0/12", 24 -> "172.23.41.0/24". */
  z
    .object({ subnet: z.object({ from: z.cidrv4(), prefix: z.number().int().min(8).max(30) }).strict() })
    .strict(),
  /** Host n of a subnet parameter; `withPrefix` adds "/24". */
  z
    .object({
      host: z
        .object({
          of: z.string(),
          index: z.union([
            z.number().int(),
            z.object({ min: z.number().int(), max: z.number().int() }).strict(),
          ]),
          withPrefix: z.boolean().default(false),
        })
        .strict(),
    })
    .strict(),
  /** A locally administered unicast MAC, below `prefix` ("02:42") when given. */
  z
    .object({
      mac: z
        .object({
          prefix: z
            .string()
            .regex(/^[0-9a-f][26ae](:[0-9a-f]{2}){0,4}$/, 'must be the first octets, as "02:42"')
            .optional(),
        })
        .strict(),
    })
    .strict(),
]);
export type ParameterSpec = z.infer<typeof parameterSpec>;

const cluster = z
  .object({
    name: z.string().default("kubernetes"),
    version: z.string().default("v1.34.5"),
    podCidr: z.string(),
    serviceCidr: z.string(),
    domain: z.string().default("cluster.local"),
    addons: z.array(addon).default([]),
  })
  .strict();

/** Of a lab that has only Docker hosts. */
const noCluster = { podCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/12" };

/** How a typed answer is read and compared (never as a raw string where it has a type). */
export const answerType = z.enum(["string", "integer", "ip", "cidr", "mac", "set", "regex"]);
export type AnswerType = z.infer<typeof answerType>;

const questionBase = z.object({
  id: dnsLabel,
  title: z.string().min(1),
  points: z.number().positive().max(100).default(1),
  /** File in questions/, Markdown, template. "# Hint" and "# Explanation" sections are shown when their time comes. */
  file: z.string(),
});

export const question = z.discriminatedUnion("kind", [
  questionBase
    .extend({
      kind: z.literal("choice"),
      /** Templates. The order is shuffled by the attempt's seed unless `ordered`. */
      options: z.array(z.string()).min(2).max(10),
      ordered: z.boolean().default(false),
      multiple: z.boolean().default(false),
    })
    .strict(),
  questionBase
    .extend({ kind: z.literal("text"), answer: answerType, placeholder: z.string().default("") })
    .strict(),
  questionBase.extend({ kind: z.literal("task"), node: dnsLabel.optional() }).strict(),
]);
export type Question = z.infer<typeof question>;

export const labManifest = z
  .object({
    id: dnsLabel,
    title: z.string().min(1),
    domain: z.string().min(1),
    summary: z.string().min(1),
    minutes: z.number().int().min(1).max(480),
    /** Percent. */
    passMark: z.number().min(0).max(100),
    parameters: z.record(z.string().regex(/^[a-zA-Z][a-zA-Z0-9]*$/), parameterSpec).default({}),
    /** All strings templates. */
    network: z.object({ cidr: z.string(), gateway: z.string() }).strict(),
    nodes: z
      .array(
        z
          .object({
            name: z.string(),
            role: nodeRole,
            cluster: z.string().optional(),
            interface: z.string().default("eth0"),
            address: z.string(),
            mac: z.string(),
            labels: z.record(z.string(), z.string()).default({}),
          })
          .strict(),
      )
      .min(1)
      .max(8),
    cluster: cluster.prefault(noCluster),
    otherClusters: z
      .array(cluster.required({ name: true }))
      .max(3)
      .default([]),
    questions: z.array(question).min(1),
    /** Checks that have no question: when one fails, the score is vetoed. Names of checks.ts. */
    guards: z.array(dnsLabel).default([]),
  })
  .strict();
export type LabManifest = z.infer<typeof labManifest>;

/** A lab as files: what an author edits, what a version stores, what is hashed. Paths are relative, '/'-separated. */
export const labFiles = z.record(
  z.string().regex(/^[a-zA-Z0-9_-][a-zA-Z0-9._-]*(\/[a-zA-Z0-9_-][a-zA-Z0-9._-]*)*$/),
  z.string(),
);
export type LabFiles = z.infer<typeof labFiles>;
