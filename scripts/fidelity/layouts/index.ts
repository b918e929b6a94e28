import type { Layout } from "../lab";
import { batsTasks } from "./bats";
import { ckX } from "./ck-x";
import { dojo } from "./dojo";
import { killercoda } from "./killercoda";
import { questionScripts, scenarioScripts } from "./scripts";

/** The layouts of public labs that can be read, each told by the files that it has. */
export const layouts: Layout[] = [killercoda, ckX, questionScripts, scenarioScripts, batsTasks, dojo];
