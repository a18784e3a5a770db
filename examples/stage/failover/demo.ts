import { writeFile } from "node:fs/promises";
import pc from "picocolors";
import { within } from "../within";
import type { Client, Clients } from "./client";
import { judge } from "./judge";
import { deleteKeys, type Keys, newKeys } from "./keys";
import { defaultSvg, type FailoverOptions } from "./options";
import { drawPicture } from "./picture";
import { play } from "./play";
import type { Servers } from "./servers";
import { listLocks } from "./table";
import { drawTimeline } from "./timeline";

export interface FailoverDemo<Address> {
  readonly topology: "Sentinel" | "Cluster";
  readonly options: FailoverOptions;
  /** Starts the servers, or goes to the caller's. */
  openServers(): Promise<Servers<Address>>;
  readonly clients: Clients<Address>;
  /** The program that calls `work` with the same clients. */
  readonly worker: URL;
}

/** The longest time that servers may take for their first answer, in ms. */
const PATIENCE = 5_000;

/** A connected client. Rejects with one sentence if the servers do not answer soon. */
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

/** A client that never was open may refuse to be closed. */
async function close(client: Client): Promise<void> {
  try {
    await client.close();
  } catch {}
}

/** Deletes the keys from the caller's servers. Servers that were started are gone soon, with all their keys. */
async function leave(client: Client, keys: Keys): Promise<void> {
  await within(PATIENCE, deleteKeys(client.connection, keys)).catch(({ message }: Error) => {
    console.error(`the keys {distlock-demo-…} are not deleted, but expire within a day: ${message}`);
  });
}

const clock = (ms: number): string => `${(ms / 1_000).toFixed(1).padStart(5)} s`;

/** Plays, and prints the outcome; returns whether all went as it should. */
export async function playFailover<Address>(demo: FailoverDemo<Address>, signal: AbortSignal): Promise<boolean> {
  const { topology, options, clients, worker } = demo;
  const library = options.client;
  await using servers = await demo.openServers();
  signal.throwIfAborted();
  const client = await reach(servers.place, () => clients[library](servers.address));
  let keys: Keys = {};
  try {
    keys = await newKeys(client.connection);
    console.log(`4 processes on ${library} share 4 locks in ${servers.place}`);
    const announce = (what: string, at = 0) => console.log(`${clock(at)}  ${what}`);
    const history = await play({ library, servers, keys, worker, seconds: options.seconds, signal, announce });
    const svg = options.svg ?? defaultSvg(topology, library);
    await writeFile(svg, await drawPicture(history, `${topology}, ${library}: who held and waited for what`));
    const { good, sentence } = judge(history);
    console.log(`\n${drawTimeline(history, process.stdout.columns)}\n\n${listLocks(history)}\n\npicture: ${svg}\n`);
    console.log(good ? pc.green(sentence) : pc.red(sentence));
    return good;
  } finally {
    if (!servers.killPrimaryOf) await leave(client, keys);
    await close(client);
  }
}
