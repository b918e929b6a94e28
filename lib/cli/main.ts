import { mainProgram } from "./main-program";
import { runProgram } from "./run-program";

await runProgram(mainProgram());
