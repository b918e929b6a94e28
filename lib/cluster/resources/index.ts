import { coreKinds } from "./catalogue/core";
import { groupKinds } from "./catalogue/groups";
import { definitions } from "./definitions";
import { assembleKind } from "./define-kind";
import type { Kind } from "./kind";

/** Every built-in kind in discovery's order: the core group first, then the groups as /apis lists them. */
export const kinds: Kind[] = [...coreKinds, ...groupKinds].map((facts) =>
  assembleKind(
    facts,
    definitions.find(
      ({ group, kind, version = facts.version }) =>
        group === facts.group && kind === facts.kind && version === facts.version,
    )?.hooks,
  ),
);
