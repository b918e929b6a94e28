import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { projectRoot } from "@/lib/core/paths";

const app = join(projectRoot, "app");

/** Every page and every method of every route, as the files under app/ have them: "GET /attempts/[attemptId]". */
export function routesOfApp(): string[] {
  const files = readdirSync(app, { recursive: true, encoding: "utf8" });
  return files.flatMap((file) => {
    const match = /(?:^|\/)(page\.tsx|route\.ts)$/.exec(file);
    if (!match) return [];
    const path = addressOf(file);
    if (match[1] === "page.tsx") return [`GET ${path}`];
    const source = readFileSync(join(app, file), "utf8");
    const exported = source.matchAll(
      /^export (?:const|(?:async )?function) ([A-Z]+)\b|\bas (GET|POST|PUT|PATCH|DELETE)\b/gm,
    );
    return [...exported].map(([, declared, renamed]) => `${declared ?? renamed} ${path}`);
  });
}

/** The addresses of the pages alone. */
export function pagesOfApp(): string[] {
  const files = readdirSync(app, { recursive: true, encoding: "utf8" });
  return files.filter((file) => /(?:^|\/)page\.tsx$/.test(file)).map(addressOf);
}

/** The names of the server actions that pages call. */
export function actionsOfApp(): string[] {
  const folder = join(app, "_actions");
  return readdirSync(folder).flatMap((file) => {
    const source = readFileSync(join(folder, file), "utf8");
    return [...source.matchAll(/^export (?:const|(?:async )?function) (\w+)/gm)].map(([, name]) => name!);
  });
}

function addressOf(file: string): string {
  const folders = relative(app, join(app, file, "..")).split("/");
  return `/${folders.filter((folder) => folder && !/^\(.*\)$/.test(folder)).join("/")}`;
}
