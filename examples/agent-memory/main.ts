import { playChat } from "@distlock-examples/stage/chat/demo";
import { parseOptions } from "@distlock-examples/stage/chat/options";
import { runProgram } from "@distlock-examples/stage/run-program";

const options = parseOptions(process.argv.slice(2));
const service = new URL("./service/main.ts", import.meta.url);

await runProgram((signal) => playChat({ options, service }, signal));
