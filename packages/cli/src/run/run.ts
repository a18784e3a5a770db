import { isatty } from "node:tty";
import { createLocker, LockLostError, LockNotAcquiredError } from "@distlock/core";
import { type Connection, openConnection } from "../connection/open";
import type { RedisOptions } from "../connection/options";
import { EXIT } from "../exit-codes";
import { codeOf, explain } from "../failure";
import { formatDuration } from "../output/duration";
import { escaped } from "../output/escape";
import type { CommandEnd } from "./command";
import { type HoldOptions, holdFor } from "./hold";
import { keysOf } from "./keys";
import { defaultLabel } from "./label";
import { createMessages, type Messages } from "./say";
import { shownGrant, watch } from "./seen";
import { codeOfSignal, Interrupted, listenToSignals, orAborted } from "./signals";
import { type Hold, NotRun, underLock } from "./under-lock";

export interface RunOptions extends RedisOptions, Omit<HoldOptions, "foreground"> {
  readonly literal?: true;
  /** The longest wait in ms; false for one attempt. */
  readonly wait?: number | false;
  /** The period in ms, of a job that runs once in it. */
  readonly once?: number;
  readonly conflictExitCode: number;
  readonly ttl: number;
  readonly maxHold?: number;
  readonly label?: string;
  readonly waitReplicas?: number;
  readonly foreground?: boolean;
  readonly verbose?: true;
  readonly json?: true;
}

/** How long what is left of the lock, of the connection, and of messages may keep the program, in ms. */
const PARTING = 1_000;

/** Runs a command under a lock, and ends this process as the command ended. Nothing that hangs can keep it. */
export async function run(given: readonly string[], command: readonly [string, ...string[]], options: RunOptions) {
  const foreground = options.foreground ?? isatty(0);
  const signals = listenToSignals();
  const messages = createMessages(options.json === true);
  showWarnings(messages);
  // Without it, Node ends the program when it waits for nothing but timers that keep no process alive.
  setInterval(() => {}, 2 ** 30);
  const { code, signal } = await runWith(given, command, { ...options, foreground }, { signals, messages }).catch(
    (error: unknown): CommandEnd => {
      messages.say(explain(error));
      return { code: codeOf(error), signal: null };
    },
  );
  await messages.flushed(PARTING);
  // A shell ends its loop or its script on Ctrl-C if the program that it waits for died of it.
  if (foreground && signal === "SIGINT") {
    signals.restore();
    process.kill(process.pid, signal);
  }
  process.exit(code);
}

interface Tools {
  readonly signals: ReturnType<typeof listenToSignals>;
  readonly messages: Messages;
}

async function runWith(
  given: readonly string[],
  command: readonly [string, ...string[]],
  options: RunOptions & { readonly foreground: boolean },
  tools: Tools,
): Promise<CommandEnd> {
  const { signals, messages } = tools;
  try {
    if (options.onLost === "term" && options.ttl < 3 * options.killAfter) messages.say(shortTtl(options));
    const connection = await orAborted(signals.interrupted, openConnection(options));
    return await runConnected(keysOf(given, options.literal === true), command, options, { ...tools, connection });
  } catch (error) {
    if (error instanceof Interrupted) return { code: codeOfSignal(error.signal), signal: error.signal };
    if (!LockNotAcquiredError.is(error) && !(error instanceof NotRun)) throw error;
    // Where another holder means success, nothing is said: cron sends mail for each line.
    if (options.conflictExitCode !== EXIT.done.code || options.verbose) messages.say(escaped(error.message));
    return { code: options.conflictExitCode, signal: null };
  }
}

async function runConnected(
  keys: readonly string[],
  command: readonly [string, ...string[]],
  options: RunOptions & { readonly foreground: boolean },
  { signals, messages, connection }: Tools & { readonly connection: Connection },
): Promise<CommandEnd> {
  const { ttl, wait, once, maxHold, waitReplicas, label = defaultLabel(command[0]), verbose } = options;
  const locker = createLocker(connection.driver);
  const seen = watch({
    queued: (ahead) => verbose && messages.say(`waiting, ${ahead} ahead`),
    failed(message) {
      if (wait !== false && once === undefined)
        messages.say(`Redis does not grant the lock: ${escaped(message)}. Still trying`);
    },
  });
  const taking = {
    keys,
    options: {
      // The first lease is not extended, so nothing else would end it in time.
      ttl: Math.min(ttl, maxHold ?? ttl),
      timeout: wait === false ? 0 : (wait ?? Infinity),
      maxHold,
      waitReplicas,
      label,
    },
    once,
    interrupted: signals.interrupted,
    patience: options.timeout,
  };
  try {
    const work = (hold: Hold): Promise<CommandEnd> => {
      if (verbose) messages.say(shownGrant(seen, hold.fences));
      return holdFor(command, hold, options, { signals, messages, seen });
    };
    const { value, failure } = await underLock(locker, taking, work, ({ code }) => code === EXIT.done.code);
    return afterRelease(value, failure, options, messages);
  } finally {
    signals.ignore();
    await orAborted(AbortSignal.timeout(PARTING), locker.close()).catch(() => {});
    connection.close();
  }
}

/** The command has ended, but was the lock held until then, and is it free? */
function afterRelease(end: CommandEnd, failure: unknown, { onLost, ttl }: RunOptions, messages: Messages): CommandEnd {
  if (failure === undefined) return end;
  const { message } = failure as Error;
  if (!LockLostError.is(failure)) {
    messages.say(
      `the lock is not released: ${escaped(message)}. It is free after ${formatDuration(ttl)} at the latest`,
    );
    return end;
  }
  if (onLost === "ignore" || end.code === EXIT.lost.code) return end;
  messages.say(`the lock was lost before the command ended (exit code ${end.code}): ${escaped(message)}`);
  return { code: EXIT.lost.code, signal: null };
}

const shortTtl = ({ ttl, killAfter }: RunOptions): string =>
  `after a loss the command may run for --kill-after ${formatDuration(killAfter)}, which is long for --ttl ${formatDuration(ttl)}: a ttl is at least three times as long`;

/** Node prints warnings in a way that does harm to the streams of the command. */
function showWarnings(messages: Messages): void {
  process.removeAllListeners("warning");
  process.on("warning", (warning) => messages.say(escaped(`${warning.name}: ${warning.message}`)));
}
