import { writeFile } from "node:fs/promises";
import { constants } from "node:os";
import pc from "picocolors";
import type { Client, OpenClient } from "./client";
import { judge } from "./judge";
import { deleteKeys, type Keys, newKeys } from "./keys";
import { defaultSvg, type FailoverOptions } from "./options";
import { drawPicture } from "./picture";
import { play } from "./play";
import type { Stage } from "./stage";
import { listLocks } from "./table";
import { drawTimeline } from "./timeline";
import { within } from "./within";

export interface Example<Address> {
  readonly topology: "Sentinel" | "Cluster";
  readonly options: FailoverOptions;
  /** Starts the servers, or goes to the caller's. */
  openStage(): Promise<Stage<Address>>;
  readonly openClient: OpenClient<Address>;
  /** The program that calls `work` with the same `openClient`. */
  readonly worker: URL;
}

/** How long servers may take to answer at first, in ms. */
const PATIENCE = 5_000;

/** A connected client. Rejects with one sentence if there is no answer soon. */
async function reach(place: string, open: () => Client): Promise<Client> {
  const client = open();
  try {
    await within(
      PATIENCE,
      client.connect().then(() => client.connection.eval("return 1", [`{distlock-demo}`], [])),
    );
    return client;
  } catch (error) {
    await close(client);
    throw new Error(`${place} can't be used, see --help: ${(error as Error).message || (error as Error).name}`);
  }
}

/** Clients that never were open may refuse to be closed. */
async function close(client: Client): Promise<void> {
  try {
    await client.close();
  } catch {}
}

/** Deletes the keys from the caller's servers. Those that were started are gone soon, with all that they have. */
async function leave(client: Client, keys: Keys): Promise<void> {
  await within(PATIENCE, deleteKeys(client.connection, keys)).catch(({ message }: Error) => {
    console.error(`the keys {distlock-demo-…} are not deleted, but expire within a day: ${message}`);
  });
}

const clock = (ms: number): string => `${(ms / 1_000).toFixed(1).padStart(5)} s`;

/** Plays, and prints what came of it; gives whether it is what should be. */
async function show<Address>(example: Example<Address>, signal: AbortSignal): Promise<boolean> {
  const { topology, options, openClient, worker } = example;
  const library = options.client;
  await using stage = await example.openStage();
  signal.throwIfAborted();
  const client = await reach(stage.place, () => openClient(library, stage.address));
  let keys: Keys = {};
  try {
    keys = await newKeys(client.connection);
    console.log(`4 processes on ${library} share 4 locks in ${stage.place}`);
    const announce = (what: string, at = 0) => console.log(`${clock(at)}  ${what}`);
    const history = await play({ library, stage, keys, worker, seconds: options.seconds, signal, announce });
    const svg = options.svg ?? defaultSvg(topology, library);
    await writeFile(svg, await drawPicture(history, `${topology}, ${library}: who held and waited for what`));
    const { good, sentence } = judge(history);
    console.log(`\n${drawTimeline(history, process.stdout.columns)}\n\n${listLocks(history)}\n\npicture: ${svg}\n`);
    console.log(good ? pc.green(sentence) : pc.red(sentence));
    return good;
  } finally {
    if (!stage.killPrimaryOf) await leave(client, keys);
    await close(client);
  }
}

/** Runs an example as the program of this process. */
export async function runExample<Address>(example: Example<Address>): Promise<void> {
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stopping.abort(signal));
  try {
    process.exitCode = (await show(example, stopping.signal)) ? 0 : 1;
  } catch (error) {
    const { aborted, reason } = stopping.signal;
    if (!aborted) console.error(pc.red((error as Error).message));
    process.exitCode = aborted ? 128 + constants.signals[reason as NodeJS.Signals] : 1;
  }
}
