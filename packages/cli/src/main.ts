#!/usr/bin/env node
import { codeOf, explain } from "./failure";
import { program } from "./program";

try {
  await program().parseAsync();
} catch (error) {
  process.exitCode = codeOf(error);
  const text = explain(error);
  if (text !== "") process.stderr.write(`distlock: ${text}\n`);
}
