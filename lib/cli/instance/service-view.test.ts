import { expect, test } from "vitest";
import { wrapper } from "./service-view";

const drop = ["setpriv", "--reuid=990"];

test("where the service user may look at everything, only the user changes", () => {
  expect(wrapper([], drop)(["/usr/bin/node", "/srv/examctl/dist/web/main.mjs"])).toEqual([
    ...drop,
    ...["/usr/bin/node", "/srv/examctl/dist/web/main.mjs"],
  ]);
});

test("what only root may look at is mounted elsewhere, and paths below it follow: data in the project, node in nvm", () => {
  const moves = [
    { from: "/root/examctl/var", to: "/run/examctl/1/data" },
    { from: "/root/examctl", to: "/run/examctl/1/app" },
    { from: "/root/.nvm/v22/bin", to: "/run/examctl/1/node" },
  ];
  const argv = [
    "/root/.nvm/v22/bin/node",
    "/root/examctl/dist/web/main.mjs",
    "/root/examctl/var/pg",
    "--x",
    "/root/examctl2",
  ];
  const wrapped = wrapper(moves, drop)(argv);
  expect(wrapped.slice(wrapped.indexOf("sh", 6) + 1)).toEqual([
    ...moves.flatMap(({ from, to }) => [from, to]),
    "--",
    ...drop,
    "/run/examctl/1/node/node",
    "/run/examctl/1/app/dist/web/main.mjs",
    "/run/examctl/1/data/pg",
    "--x",
    "/root/examctl2",
  ]);
});
