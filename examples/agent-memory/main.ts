import { runProgram } from "@distlock-examples/standalone/run-program";
import { demo } from "./demo";
import { parseOptions } from "./options";

const options = parseOptions(process.argv.slice(2));

await runProgram((signal) => demo(options, signal));
