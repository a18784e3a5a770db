import { runBuilt } from "./run-built.mjs";

const faults = {
  workspace: "@distlock-private/test",
  folder: "test",
  file: "faults/main.ts",
  options: "test/faults/options.ts",
};

await runBuilt(faults, process.argv.slice(2));
