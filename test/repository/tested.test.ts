import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { testFiles } from "../support/lanes";

const root = fileURLToPath(new URL("../..", import.meta.url));
const core = "packages/core/src";

/** The folders of the core for which the rule holds. */
const folders = ["driver", "locker", "redis", "in-process"];

const tests = new Set(testFiles.map((file) => basename(file)));

/** The paths in a first line such as `// Tested by packages/core/test/hold.test.ts, test/model`. */
const namedIn = (text: string): string[] => /^\/\/ Tested by (\S+(?:, \S+)*)\n/.exec(text)?.[1]?.split(", ") ?? [];

/** What is wrong with a source file; nothing if its test can be found. */
function wrongWith(file: string): string | undefined {
  const named = namedIn(readFileSync(join(root, file), "utf8"));
  const dangling = named.filter((path) => !existsSync(join(root, path)));
  if (dangling.length > 0) return `${file} is said to be tested by ${dangling.join(", ")}, which does not exist`;
  if (named.length > 0 || tests.has(basename(file).replace(/\.ts$/, ".test.ts"))) return undefined;
  return `${file}: no test file has its name, and its first line is not "// Tested by …"`;
}

test.each(folders)("each source file of the core's folder %s leads to its test", (folder) => {
  const names = readdirSync(join(root, core, folder), { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => name.endsWith(".ts")).map((name) => `${core}/${folder}/${name}`);
  expect(files.flatMap((file) => wrongWith(file) ?? [])).toEqual([]);
});
