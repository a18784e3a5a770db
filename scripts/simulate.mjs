import { runSource } from "./run-source.mjs";

await runSource("simulation/main.ts");
