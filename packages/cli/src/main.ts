#!/usr/bin/env node
import { codeOf, explain } from "./failure";
import { escaped } from "./output/escape";
import { endWhenUnread } from "./output/unread";
import { program } from "./program";

endWhenUnread();

try {
  await program().parseAsync();
} catch (error) {
  process.exitCode = codeOf(error);
  const text = explain(error);
  if (text !== "") process.stderr.write(`distlock: ${text.split("\n").map(escaped).join("\n")}\n`);
}
