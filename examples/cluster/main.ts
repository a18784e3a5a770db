import { runExample } from "@distlock-examples/failover/example";
import { openClient } from "./clients";
import { parseOptions } from "./options";
import { openStage } from "./stage";

const options = parseOptions(process.argv.slice(2));

await runExample({
  topology: "Cluster",
  options,
  openStage: () => openStage(options),
  openClient,
  worker: new URL("./worker.ts", import.meta.url),
});
