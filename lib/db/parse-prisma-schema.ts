/** PostgreSQL's name of each scalar type that the schema uses. */
const postgresType: Record<string, string> = {
  String: "text",
  Int: "int4",
  Float: "float8",
  Boolean: "bool",
  Json: "jsonb",
  DateTime: "timestamptz",
};

export interface PrismaSchemaFacts {
  /** "users.email text?" */
  columns: string[];
  /** "Role.STUDENT", in any order. */
  enums: string[];
  /** Names, as Prisma gives them. */
  indexes: string[];
}

/** Reads what a database must look like from a schema.prisma in the plain form that `prisma format` writes. */
export function parsePrismaSchema(text: string): PrismaSchemaFacts {
  const blocks = [...text.matchAll(/^(model|enum) (\w+) \{\n([\s\S]*?)^\}/gm)].map(
    ([, kind, name, body]) => ({
      kind: kind!,
      name: name!,
      lines: body!
        .split("\n")
        .map((line) => line.replace(/\/\/.*$/, "").trim())
        .filter(Boolean),
    }),
  );
  const enumNames = new Set(blocks.filter((block) => block.kind === "enum").map((block) => block.name));
  const facts: PrismaSchemaFacts = { columns: [], enums: [], indexes: [] };
  for (const block of blocks) {
    if (block.kind === "enum") facts.enums.push(...block.lines.map((line) => `${block.name}.${line}`));
    else readModel(block, enumNames, facts);
  }
  return facts;
}

function readModel(
  model: { name: string; lines: string[] },
  enumNames: Set<string>,
  facts: PrismaSchemaFacts,
): void {
  const table = /@@map\("(\w+)"\)/.exec(model.lines.join("\n"))?.[1] ?? model.name;
  const columnOf = new Map<string, string>();
  for (const line of model.lines) {
    const field = /^(\w+)\s+(\w+)(\?|\[\])?(?=\s|$)/.exec(line);
    if (!field || line.startsWith("@@")) continue;
    const [, name, type, suffix] = field;
    const sqlType = enumNames.has(type!) ? type! : postgresType[type!];
    if (!sqlType) continue; // a relation
    const column = /@map\("(\w+)"\)/.exec(line)?.[1] ?? name!;
    columnOf.set(name!, column);
    facts.columns.push(`${table}.${column} ${sqlType}${suffix === "?" ? "?" : ""}`);
    if (/@unique\b/.test(line)) facts.indexes.push(`${table}_${column}_key`);
  }
  for (const line of model.lines) {
    const list = /^@@(unique|index)\(\[([^\]]+)\]\)/.exec(line);
    if (!list) continue;
    const columns = list[2]!.split(",").map((name) => columnOf.get(name.trim()) ?? name.trim());
    facts.indexes.push(`${table}_${columns.join("_")}_${list[1] === "unique" ? "key" : "idx"}`);
  }
}
