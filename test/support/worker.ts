import { startWorker as startProcess, type Worker } from "@distlock/testing";

export type { Worker } from "@distlock/testing";

/** Starts a file of `workers/` as a process of its own. */
export const startWorker = (name: string, ...args: readonly string[]): Worker =>
  startProcess(new URL(`workers/${name}.ts`, import.meta.url), { args, execArgv: ["--import", "tsx"] });
