import { inspect } from "node:util";
import { type Fact, type Operation, observe } from "@distlock/core";
import { atEndOfFile } from "./end-of-file";

/** What the token of a locker looks like. */
const TOKEN = /(?<![\w-])[\w-]{16}:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

const whole = { depth: Number.POSITIVE_INFINITY, maxStringLength: null, maxArrayLength: null } as const;

/**
 * In the lane "redis", an observer sees whatever its tests do, and each file fails whose operations, facts or errors have a token in
 * them. The other lanes show that all is well while nobody looks.
 */
const found = new Set<string>();

function look(what: Operation | Fact, error?: unknown): void {
  const text = inspect([what, error], whole);
  if (TOKEN.test(text)) found.add(`${what.name}: ${text}`);
}

const observer = observe({
  begin: (operation) => look(operation),
  end: (operation, failure) => look(operation, failure?.error),
  event: (fact) => look(fact),
});

atEndOfFile(() => {
  observer[Symbol.dispose]();
  if (found.size > 0) throw new Error(`there is a token in what observers see:\n${[...found].join("\n")}`);
});
