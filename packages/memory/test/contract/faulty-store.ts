import type { Handle } from "../../src/contract";
import { type LoadOptions, type Message, StaleTurnError, type WriteOptions, type Written } from "../../src/index";
import { checkWrite } from "../../src/store/check-write";
import { finder } from "../../src/store/finder";
import { decodeMessage, encodeMessage, encodeMessages } from "../../src/store/message";
import { pageOf } from "../../src/store/page";
import { writeDigest } from "../../src/store/write-digest";

/** Faults that a store may have, and the case of the contract that finds each. */
export const faults = {
  "answer before question": "loads each message and its answer, oldest first, for every handle",
  "a message at a time": "loses nothing, mixes no two saves, and shows none in part, when many come at once",
  "the first, then a look at the second": "refuses a value that is not a message, and saves neither",
  "any message": "refuses a value that is not a message, and saves neither",
  "no look at what JSON makes of it": "refuses a message that JSON would change, and stays readable",
  "no field but role and content": "keeps every field and text of any content",
  "known roles only": "keeps messages of any role and shape",
  "the caller's own objects": "copies messages in and out",
  "a copy per handle": "loads each message and its answer, oldest first, for every handle",
  "one conversation for all": "keeps conversations apart",
  "begins with a greeting": "begins empty",
  "clear is put off": "forgets the conversation, and goes on after that",
  "oldest found first": "finds the newest messages that contain a text, whatever its case, newest first",
  "search finds cleared messages": "finds nothing in an empty conversation, nor cleared messages",
  "search for anything": "refuses a search for anything but a text, or for a bad number of documents",
  "no append": "has the methods of its declared parts, and no others",
  "append takes two at most": "appends any number of messages, in order",
  "append of none": "appends all or none, and refuses none",
  "replace appends": "replaces all messages, even with none",
  "replace clears first": "replaces all or none, and never shows what is between",
  "replace of none refused": "replaces all messages, even with none",
  "pages ignored": "loads the last messages, and the ones before them, oldest first",
  "any page": "refuses a bad number of messages",
  "signals ignored": "does nothing, and rejects with the reason, once its signal has aborted",
  "names ignored": "does a named write once, no matter who repeats it",
  "names of all conversations together": "treats a name in another conversation as another write",
  "names remembered at clear": "forgets the names of a conversation that was cleared",
  "no look at what a name names": "refuses another write under the name of one that was done, and does nothing",
  "no word of earlier writes": "says of a named write whether it was done now or before",
  "the last ten names": "remembers a name when a hundred others have come",
  "short names": "tells names of any length apart",
  "look for the name, then write": "does a named write once when it is asked for several times at once",
  "the name of a refused write": "does not count a refused write as done",
  "any name": "refuses a value that is not a name, before anything is done",
  "fence before name": "says of a named write that it was done, even after a newer holder has come",
  "no stamp by load": "refuses a holder that is older than the last reader",
  "no stamp by a write": "refuses a holder that is older than the last writer",
  "no check by load": "refuses a holder that is older than the last writer",
  "no check by search": "refuses a holder that is older than the last writer",
  "no check by save": "refuses a holder that is older than the last writer",
  "no check by clear": "refuses a holder that is older than the last writer",
  "no check by replace": "refuses a holder that is older than the last writer",
  "look at the fence, then write": "shows a late write to the newer reader, or refuses it",
  "fences as text": "refuses a holder that is older than the last writer",
  "fence forgotten at clear": "lets no late write bring cleared messages back",
  "a write without a fence": "refuses a write without a fence where there are fences, and lets everybody read",
  "a write without a fence after a read":
    "refuses a write without a fence where there are fences, and lets everybody read",
  "no read without a fence": "refuses a write without a fence where there are fences, and lets everybody read",
  "fences of all conversations together": "knows nothing of another conversation's fences",
  "any fence": "refuses a value that is not a fence, before anything is done",
  "an error of its own": "refuses a holder that is older than the last writer",
} as const;

export type Fault = keyof typeof faults;

interface State {
  messages: (string | Message)[];
  fence: number | undefined;
  done: Map<string, string>;
  gone: Message[];
  written: boolean;
  /** Is cleared once somebody has read. */
  putOff: boolean;
}

const newState = (): State => ({
  messages: [],
  fence: undefined,
  done: new Map(),
  gone: [],
  written: false,
  putOff: false,
});
const told = (done: Written["done"]): Written => ({ done });
const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A store whose calls take a while, with one fault or none: each returned function makes handles of a conversation. */
export function createFaultyStore(fault?: Fault): () => readonly [Handle, Handle] {
  const is = (...ones: readonly Fault[]) => fault !== undefined && ones.includes(fault);
  const everywhere = newState();

  function encode(what: string, message: Message): string | Message {
    if (is("the caller's own objects")) return encodeMessage(what, message) && message;
    if (is("any message")) return JSON.stringify(message ?? null, (_, value) => (value === 1n ? "1" : value)) ?? "null";
    if (is("known roles only") && !["system", "user", "assistant", "tool"].includes(message.role)) {
      throw new TypeError("role must be a known one");
    }
    if (is("no look at what JSON makes of it")) {
      encodeMessage(what, { ...message, toJSON: undefined } as never);
      return JSON.stringify(message);
    }
    if (is("no field but role and content")) {
      const { role, content } = JSON.parse(encodeMessage(what, message));
      return JSON.stringify({ role, content });
    }
    return encodeMessage(what, message);
  }
  const encodeAll = (messages: readonly Message[], least: 0 | 1) => {
    const known = is("append of none", "any message") || encodeMessages(messages, least);
    return known === true ? (messages ?? []).map((each) => encode("", each)) : messages.map((each) => encode("", each));
  };
  const decode = (kept: string | Message): Message =>
    typeof kept !== "string" ? kept : is("any message") ? JSON.parse(kept) : decodeMessage(kept);

  function handle(state: State): Handle {
    const marks = is("names of all conversations together") ? everywhere : state;
    const fences = is("fences of all conversations together") ? everywhere : state;

    function check(options: WriteOptions): void {
      const { fence, idempotencyKey } = options;
      checkWrite({
        ...(!is("any fence") && { fence }),
        ...(!is("any name") && { idempotencyKey }),
      });
      if (!is("signals ignored")) options.signal?.throwIfAborted();
    }
    function stale(fence: number | undefined): boolean {
      const last = fences.fence;
      if (last === undefined) return false;
      if (fence === undefined) {
        return !is("a write without a fence") && !(is("a write without a fence after a read") && !state.written);
      }
      return is("fences as text") ? String(fence) < String(last) : fence < last;
    }
    function refuse(options: WriteOptions): void {
      if (!stale(options.fence)) return;
      throw is("an error of its own") ? new Error("late") : new StaleTurnError("here", "it is late");
    }
    function stamp({ fence }: WriteOptions): void {
      fences.fence = fence ?? fences.fence;
    }

    async function write(
      options: WriteOptions,
      unchecked: boolean,
      digest: string,
      change: () => void | Promise<void>,
    ): Promise<Written | undefined> {
      check(options);
      await tick();
      const name = is("short names") ? options.idempotencyKey?.slice(0, 1_000) : options.idempotencyKey;
      if (is("fence before name")) refuse(options);
      const before = name === undefined || is("names ignored") ? undefined : marks.done.get(name);
      if (before !== undefined) {
        if (before !== digest && !is("no look at what a name names")) throw new RangeError("idempotencyKey is used");
        return is("no word of earlier writes") ? undefined : told("before");
      }
      if (is("look for the name, then write")) await tick();
      if (name !== undefined && is("the name of a refused write")) marks.done.set(name, digest);
      if (!unchecked) refuse(options);
      if (is("look at the fence, then write")) await tick();
      if (!is("no stamp by a write")) stamp(options);
      if (name !== undefined) marks.done.set(name, digest);
      const [oldest] = marks.done.keys();
      if (is("the last ten names") && marks.done.size > 10) marks.done.delete(oldest!);
      state.written = true;
      await change();
      return is("no word of earlier writes") ? undefined : told("now");
    }
    async function add(messages: readonly (string | Message)[]): Promise<void> {
      if (!is("a message at a time")) return void state.messages.push(...messages);
      for (const message of messages) {
        state.messages.push(message);
        await tick();
      }
    }

    const digestOf = (kind: string, messages: readonly (string | Message)[]) =>
      writeDigest(
        kind,
        messages.map((each) => (typeof each === "string" ? each : JSON.stringify(each))),
      );

    const memory = {
      async save(input: Message, output: Message, options: WriteOptions = {}) {
        if (is("the first, then a look at the second")) state.messages.push(encodeMessage("input", input));
        const pair = [encode("input", input), encode("output", output)];
        if (is("the first, then a look at the second")) pair.shift();
        if (is("answer before question")) pair.reverse();
        return write(options, is("no check by save"), digestOf("append", pair), () => add(pair));
      },
      async append(messages: readonly Message[], options: WriteOptions = {}) {
        const texts = encodeAll(messages, 1);
        const taken = is("append takes two at most") ? texts.slice(0, 2) : texts;
        return write(options, false, digestOf("append", texts), () => add(taken));
      },
      async replace(messages: readonly Message[], options: WriteOptions = {}) {
        const texts = encodeAll(messages, is("replace of none refused") ? 1 : 0);
        return write(options, is("no check by replace"), digestOf("replace", texts), async () => {
          if (!is("replace appends")) state.messages = [];
          if (is("replace clears first")) await tick();
          await add(texts);
        });
      },
      async load(options: LoadOptions = {}) {
        check(options);
        const { last, before } = options;
        if (!is("any page")) pageOf([], options);
        const bad = (n: unknown) => n !== undefined && !Number.isInteger(n);
        const page = is("pages ignored") || (is("any page") && (bad(last) || bad(before) || last! < 1 || before! < 0));
        await tick();
        const read = () => {
          const messages = (page ? state.messages : pageOf(state.messages, { last, before })).map(decode);
          if (state.putOff) state.messages = [];
          state.putOff = false;
          return messages;
        };
        if (options.fence === undefined && !is("no read without a fence")) return read();
        if (!is("no check by load")) refuse(options);
        if (!is("no stamp by load")) stamp(options);
        return read();
      },
      async search(query: string, k: number, options: WriteOptions = {}) {
        const find = is("search for anything")
          ? finder(String(query), Number(k) >= 1 ? Math.floor(k) : 1)
          : finder(query, k);
        const found = find([
          ...(is("search finds cleared messages") ? state.gone : []),
          ...(await memory.load(is("no check by search") ? { signal: options.signal } : options)),
        ]);
        return is("oldest found first") ? found.toReversed() : found;
      },
      async clear({ signal, fence }: WriteOptions = {}) {
        await write({ signal, fence }, is("no check by clear"), "", () => {
          state.gone.push(...state.messages.map(decode));
          if (is("fence forgotten at clear")) fences.fence = undefined;
          if (!is("names remembered at clear")) marks.done.clear();
          if (is("clear is put off")) state.putOff = true;
          else state.messages = [];
        });
      },
    };
    if (is("no append")) memory.append = undefined as never;
    return memory;
  }

  return () => {
    const state = is("one conversation for all") ? everywhere : newState();
    if (is("begins with a greeting")) state.messages.push(encodeMessage("", { role: "system", content: "Hello" }));
    return [handle(state), handle(is("a copy per handle") ? newState() : state)];
  };
}
