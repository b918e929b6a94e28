import { itRunsCommands } from "./testing-run-command";

itRunsCommands();
