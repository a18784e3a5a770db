import { playLoad } from "@distlock-examples/stage/observability/demo";
import { parseOptions } from "@distlock-examples/stage/observability/options";
import { runProgram } from "@distlock-examples/stage/run-program";

const options = parseOptions(process.argv.slice(2));
const worker = new URL("./worker.ts", import.meta.url);

await runProgram((signal) => playLoad({ options, worker }, signal));
