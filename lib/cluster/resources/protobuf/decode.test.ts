import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { generateOpenapi } from "@/scripts/generate-openapi.mjs";
import { kinds } from "../index";
import { decodeProtobuf } from "./decode";
import { ProtoWriter } from "./writer";

beforeAll(() => {
  generateOpenapi();
});

const folder = join(process.cwd(), "../shared/upstream/api-fixtures");
const present = existsSync(folder);
const files = present ? readdirSync(folder).filter((name) => name.endsWith(".pb")) : [];
const served = files.filter((name) => {
  const [, group = "", version, kind] = /^(.*)\.(v\d)\.(\w+)\.pb$/.exec(name) ?? [];
  const bare = group === "core" ? "" : group;
  return kinds.some((one) => one.group === bare && one.version === version && one.kind === kind);
});

describe.skipIf(!present)(
  "fixtures decode to their JSON (skipped where ../shared/upstream is absent)",
  () => {
    test.each(served)("%s", (name) => {
      const { object } = decodeProtobuf(readFileSync(join(folder, name)));
      expect(object).toEqual(JSON.parse(readFileSync(join(folder, name.replace(/pb$/, "json")), "utf8")));
    });
  },
);

function body(apiVersion: string, kind: string, write: (object: ProtoWriter) => void): Buffer {
  const unknown = new ProtoWriter()
    .message(1, (type) => type.string(1, apiVersion).string(2, kind))
    .message(2, write)
    .finish();
  return Buffer.concat([Buffer.from("k8s\0"), unknown]);
}

describe("a protobuf body", () => {
  test("loses zero values that Go's JSON leaves out, and keeps those that somebody set", () => {
    const bytes = body("apps/v1", "Deployment", (deployment) =>
      deployment
        .message(1, (metadata) =>
          metadata
            .bytes(1, Buffer.from("web"))
            .bytes(3, Buffer.from(""))
            .message(8, () => {}),
        )
        .message(2, (spec) => spec.int(1, 0).int(5, 0)),
    );
    expect(decodeProtobuf(bytes).object).toEqual({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web" },
      spec: { replicas: 0 },
    });
  });

  test.each([
    ["no magic", Buffer.from("{}")],
    ["cut off", body("v1", "Pod", (pod) => pod.message(1, (meta) => meta.string(1, "web"))).subarray(0, -3)],
    ["an endless number", Buffer.concat([Buffer.from("k8s\0"), Buffer.alloc(20, 0xff)])],
    ["an unknown kind", body("v1", "Nothing", () => {})],
  ])("is refused with a sentence: %s", (_name, bytes) => {
    expect(() => decodeProtobuf(bytes)).toThrow(/protobuf/);
  });
});
