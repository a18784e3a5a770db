import { runBuilt } from "./run-built.mjs";

const bench = {
  workspace: "@distlock-private/bench",
  folder: "bench",
  file: "src/main.ts",
  options: "bench/src/options.ts",
};

await runBuilt(bench, process.argv.slice(2));
