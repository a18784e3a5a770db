import { runSource } from "./run-source.mjs";

await runSource("simulation/scale/main.ts");
