import { setTimeout as sleep } from "node:timers/promises";
import type { Conversation, Kept } from "./conversation";
import { findingsOf, type Outcome } from "./judge";
import { type Busy, startLoadBalancer } from "./load-balancer";
import { type InstanceOptions, startInstance } from "./start-instance";
import { type Asked, ask } from "./user";

const INSTANCES = 3;

/** Time in which bytes that an instance has sent arrive, in ms. */
const ARRIVAL = 100;

export interface Load {
  readonly sessions: readonly string[];
  /** Users who talk in each session at the same time. */
  readonly users: number;
  /** Messages that each user sends, one after the other. */
  readonly messages: number;
}

export interface RunOptions extends InstanceOptions {
  readonly load: Load;
  readonly onAnswered: () => void;
  /** Ends the run early: it rejects with the signal's reason. */
  readonly signal: AbortSignal;
}

export interface Run extends Outcome {
  /** The requests that the instance had when it was killed. */
  readonly killed: Busy;
  /** Requests that the load balancer sent to another instance; and answers that broke off, which users asked for again. */
  readonly handedOn: number;
  readonly brokenOff: number;
  /** Answers "come again" (409, 5xx). */
  readonly refused: number;
  /** From the first message until the last answer, ms. */
  readonly duration: number;
}

async function transcriptOf(url: string, session: string): Promise<Kept[]> {
  const response = await fetch(`${url}/transcript?session=${encodeURIComponent(session)}`);
  if (!response.ok) throw new Error(`no transcript: ${response.status} ${await response.text()}`);
  return (await response.json()) as Kept[];
}

/** Has all users talk to three instances, kills one in the middle of a turn, and reads the transcripts. No process is left behind. */
export async function run({ load, onAnswered, signal, ...options }: RunOptions): Promise<Run> {
  const { sessions, users, messages } = load;
  const total = sessions.length * users * messages;
  const starting = await Promise.allSettled(Array.from({ length: INSTANCES }, () => startInstance(options)));
  const instances = starting.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  try {
    for (const each of starting) if (each.status === "rejected") throw each.reason;
    signal.throwIfAborted();

    let answered = 0;
    let killing = false;
    let killed: (Busy & { instance: string }) | undefined;
    await using balancer = await startLoadBalancer(
      instances.map(({ url }) => url),
      (instance) => {
        if (killing || answered < total / 3 || answered === total) return;
        killing = true;
        void killInTurn(instance);
      },
    );

    /** A frozen instance sends no more: an answer that has not ended by then is in the middle of its turn. */
    async function killInTurn(instance: string): Promise<void> {
      const { signal } = instances.find(({ url }) => url === instance)!;
      signal("SIGSTOP");
      await sleep(ARRIVAL);
      const busy = balancer.busy(instance);
      if (busy.answering > 0) {
        killed = { instance, ...busy };
        signal("SIGKILL");
      } else {
        signal("SIGCONT");
        killing = false;
      }
    }

    const failed = new AbortController();
    const stop = AbortSignal.any([signal, failed.signal]);

    async function talk(session: string, number: number): Promise<Asked[]> {
      const user = `user-${number + 1}`;
      const asked: Asked[] = [];
      for (let i = 0; i < messages; i++) {
        const id = `q${number * messages + i + 1}`;
        // Some are sent twice at once, as by a user who clicks again.
        const message = { session, user, id, text: `${id}: where is my parcel?`, times: i % 3 === 1 ? 2 : 1 } as const;
        asked.push(await ask(balancer.url, message, stop));
        answered++;
        onAnswered();
      }
      return asked;
    }

    const began = performance.now();
    const talks = sessions.map(async (session) => {
      const sent = await Promise.all(Array.from({ length: users }, (_, user) => talk(session, user)));
      return { session, sent: sent.flat() };
    });
    const asked = await Promise.all(talks).catch((error) => {
      failed.abort(error);
      throw error;
    });
    const duration = performance.now() - began;
    const conversations = await Promise.all(
      asked.map(
        async (each): Promise<Conversation> => ({
          ...each,
          transcript: await transcriptOf(balancer.url, each.session),
        }),
      ),
    );
    await Promise.all(instances.filter(({ url }) => url !== killed?.instance).map((instance) => instance.drain()));

    const all = asked.flatMap(({ sent }) => sent);
    const sum = (of: (one: (typeof all)[number]) => number) => all.reduce((total, one) => total + of(one), 0);
    const { handedOn } = balancer;
    const brokenOff = sum((one) => one.brokenOff);
    return {
      ...findingsOf(conversations),
      killed: killed ?? { waiting: 0, answering: 0 },
      handedOn,
      brokenOff,
      interrupted: killed?.answering ?? 0,
      refused: sum((one) => one.refused),
      duration,
    };
  } finally {
    await Promise.all(instances.map((instance) => instance.stop()));
  }
}
