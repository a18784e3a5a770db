import { type Library, libraries } from "../library";
import { openClient } from "./client";
import { type Findings, findingsOf } from "./findings";
import type { InstanceProgram } from "./instance";
import type { Job } from "./job";
import { startInstance } from "./start-instance";

/** Four instances behind a load balancer. */
const team = ["agent-1", "agent-2", "agent-3", "agent-4"];

/** The work of one instance; `waits` has the wait of each of its turns, in ms. */
export interface Part extends Pick<Job, "instance" | "clientLibrary"> {
  readonly waits: readonly number[];
}

export interface Run extends Findings {
  readonly written: number;
  /** From the common start until the last turn was written, in ms. */
  readonly duration: number;
  readonly parts: readonly Part[];
}

export interface RunRequest
  extends Pick<InstanceProgram, "openMemory">,
    Pick<Job, "url" | "conversation" | "lock" | "turns"> {
  /** The program that calls `runInstance`. */
  readonly instance: URL;
  /** The client library of all; without it two instances are on each. */
  readonly client?: Library | undefined;
  readonly onWritten: () => void;
  /** Ends the run early: it rejects with the signal's reason. */
  readonly signal: AbortSignal;
}

const share = (turns: number, index: number): number => Math.floor((turns + index) / team.length);

/** Has all instances start together, and looks at the conversation when all have written. No process is left behind. */
export async function run(request: RunRequest): Promise<Run> {
  const { instance: program, openMemory, turns, client, onWritten, signal, ...common } = request;
  signal.throwIfAborted();
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  const instances = team.map((instance, index) => {
    const clientLibrary = client ?? libraries[index % libraries.length]!;
    return startInstance(program, { ...common, instance, clientLibrary, turns: share(turns, index) }, onWritten);
  });
  try {
    await Promise.race([Promise.all(instances.map(({ ready }) => ready)), stopped]);
    const started = performance.now();
    const playing = instances.map(async ({ job, play }) => ({ ...job, waits: await play() }));
    const parts = await Promise.race([Promise.all(playing), stopped]);
    const duration = performance.now() - started;
    const written = parts.reduce((sum, { waits }) => sum + waits.length, 0);
    return { ...findingsOf(await conversationOf(request), written), written, duration, parts };
  } finally {
    await Promise.all(instances.map(({ stop }) => stop()));
  }
}

/** The conversation as it was kept. */
async function conversationOf({ openMemory, url, conversation }: RunRequest) {
  const client = await openClient("node-redis", url);
  try {
    return await openMemory(client.store, conversation).load();
  } finally {
    client.close();
  }
}
