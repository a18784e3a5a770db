import { demo } from "./demo";
import { parseOptions } from "./options";
import { runProgram } from "./run-program";

const options = parseOptions(process.argv.slice(2));

await runProgram((signal) => demo(options, signal));
