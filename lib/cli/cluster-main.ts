import { clusterProgram } from "./cluster-program";
import { runProgram } from "./run-program";

await runProgram(clusterProgram());
