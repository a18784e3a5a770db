#!/usr/bin/env node
import * as nodeModule from "node:module";
import { codeOf, explain } from "./failure";
import { escaped } from "./output/escape";
import { endWhenUnread } from "./output/unread";
import { program } from "./program";

// From Node 22 on, the code of the client of Redis is compiled once and not at each start.
(nodeModule as { readonly enableCompileCache?: () => unknown }).enableCompileCache?.();
endWhenUnread();

try {
  await program().parseAsync();
} catch (error) {
  process.exitCode = codeOf(error);
  const text = explain(error);
  if (text !== "") process.stderr.write(`distlock: ${text.split("\n").map(escaped).join("\n")}\n`);
}
