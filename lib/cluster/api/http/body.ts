import type { IncomingMessage } from "node:http";
import { badRequest, requestTooLarge, unsupportedMediaType } from "@/lib/cluster/client/status";
import { decodeProtobuf } from "@/lib/cluster/resources/protobuf";
import { deeperThan, isObject } from "../json";
import { duplicateFields, parseYamlStrictly } from "./duplicate-fields";
import { parseMediaTypes } from "./negotiate";

const depthMax = 1000;

export async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const declared = Number(request.headers["content-length"] ?? 0);
  const tooLarge = () => requestTooLarge(`Request entity too large: limit is ${bytesMax}`);
  if (declared > bytesMax) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > bytesMax) throw tooLarge();
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

const objectTypes = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];

/**
 * An object from a body in JSON, YAML or protobuf; `kindName` is what the route expects, for the error's text. What the
 * body says more than once is told to `onRepeated`, as strict decoding errors.
 */
export function decodeObject(
  body: Buffer,
  contentType: string | undefined,
  kindName: string,
  onRepeated?: (errors: string[]) => void,
): Record<string, unknown> {
  const type = parseMediaTypes(contentType)[0]?.type ?? "application/json";
  if (!objectTypes.includes(type) && type !== "text/yaml") throw unsupportedMediaType(objectTypes);
  let value: unknown;
  try {
    if (type === "application/vnd.kubernetes.protobuf") value = decodeProtobuf(body).object;
    else {
      const parsed = parseText(body.toString("utf8"), type.endsWith("yaml"), onRepeated !== undefined);
      value = parsed.value;
      if (parsed.repeated.length > 0) onRepeated?.(parsed.repeated);
    }
  } catch (failure) {
    const why = type.endsWith("json")
      ? `couldn't get version/kind; json parse error: ${(failure as Error).message}`
      : (failure as Error).message;
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kindName}): ${why} (${summary(body)})`,
    );
  }
  if (!isObject(value))
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kindName}): couldn't get version/kind; json parse error: json: cannot unmarshal ${goType(value)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } (${summary(body)})`,
    );
  if (deeperThan(value, depthMax)) throw badRequest("the object provided is nested too deeply");
  return value;
}

/** JSON or YAML, with strict decoding errors of what it repeats. An alias bomb is refused. */
export function parseText(
  text: string,
  isYaml: boolean,
  isStrict: boolean,
): { value: unknown; repeated: string[] } {
  if (isYaml) {
    const { value, duplicates } = parseYamlStrictly(text);
    return { value, repeated: duplicates ? [duplicates] : [] };
  }
  const value = JSON.parse(text) as unknown;
  const repeated = isStrict
    ? duplicateFields(text).map((path) => `duplicate field ${JSON.stringify(path)}`)
    : [];
  return { value, repeated };
}

export const goType = (value: unknown) =>
  value === null
    ? "null"
    : Array.isArray(value)
      ? "array"
      : typeof value === "boolean"
        ? "bool"
        : typeof value;

function summary(body: Buffer): string {
  if (body.length === 0) return "<empty>";
  const shown = body.subarray(0, 30);
  const text = shown.toString("utf8");
  // oxlint-disable-next-line no-control-regex
  const printable = /^[^\x00-\x08\x0e-\x1f\ufffd]*$/.test(text);
  const more = body.length > 30 ? " ..." : "";
  return printable ? `${JSON.stringify(text)}${more}` : `${shown.toString("hex")}${more}`;
}
