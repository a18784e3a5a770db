import { runProgram } from "@distlock-examples/stage/run-program";
import { playTurns } from "@distlock-examples/stage/turns/demo";
import { parseOptions } from "@distlock-examples/stage/turns/options";
import { jsonBlobMemory } from "./shared-conversation";

const options = parseOptions(process.argv.slice(2));
const instance = new URL("./instance.ts", import.meta.url);

await runProgram((signal) => playTurns({ options, openMemory: jsonBlobMemory, instance }, signal));
