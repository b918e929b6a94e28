import { isIPv4, isIPv6 } from "node:net";
import { z } from "zod";

/** How the values of annotations are read: what upstream's parser/validators.go accepts, turned into what they mean. */

const chars = String.raw`\-._~a-zA-Z0-9\/:`;
export const basic = text(new RegExp(`^[${chars}]*$`));
export const withSpaces = text(new RegExp(`^[${chars} ]*$`));
export const url = text(new RegExp(`^[${chars},?&=]*$`));
export const urlWithVariables = text(new RegExp(`^[${chars}, :?&=$]*$`));
export const pathWithCaptures = text(new RegExp(`^/?[${chars}$]*$`));
export const pattern = text(new RegExp(String.raw`^[${chars}^$[\](){}*+?|&=\\]*$`));
export const size = text(/^\d+[bkmg]?$/i);
export const headers = text(/^[A-Za-z0-9\-_, *]*$/);

export const bool = z
  .string()
  .regex(/^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/)
  .transform((value) => /^(1|t)/i.test(value));

export const integer = z
  .string()
  .regex(/^[+-]?\d{1,9}$/)
  .transform(Number);

/** Addresses and networks, separated by commas. */
export const networks = z.string().transform((value, context) => {
  const items = value
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
  for (const item of items)
    if (!isNetwork(item)) context.addIssue({ code: "custom", message: `${item} is no address` });
  return items;
});

export const serviceName = z.string().regex(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/);

export function oneOf<const Options extends string>(options: readonly Options[]) {
  return z
    .string()
    .transform((value) => value.trim().toLowerCase())
    .pipe(z.enum(options.map((option) => option.toLowerCase()) as [string, ...string[]]))
    .transform((value) => options.find((option) => option.toLowerCase() === value)!);
}

export const list = (item: RegExp) =>
  z
    .string()
    .transform((value) => value.split(",").map((part) => part.trim()))
    .refine((parts) => parts.every((part) => item.test(part)));

function text(allowed: RegExp) {
  return z
    .string()
    .regex(allowed)
    .refine((value) => !/[\r\n]/.test(value));
}

function isNetwork(item: string): boolean {
  const [address = "", prefix, rest] = item.split("/");
  const bitsMax = isIPv4(address) ? 32 : isIPv6(address) ? 128 : 0;
  if (bitsMax === 0 || rest !== undefined) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bitsMax);
}
