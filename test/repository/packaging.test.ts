import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pack, root, run, type Tarball } from "./tarballs";

const require = createRequire(import.meta.url);
const packages = ["core", "ioredis", "memory", "node-redis", "otel", "testing"];

/** Its entries, and what they share. */
async function builtOf(name: string): Promise<string[]> {
  const found = await readdir(join(root, "packages", name, "dist"), { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.map((file) => relative(join(root, "packages", name), file));
}

const folder = await mkdtemp(join(tmpdir(), "distlock-packaging-"));
const tarballs = new Map<string, Tarball>();

beforeAll(async () => {
  for (const each of await pack(folder)) tarballs.set(each.name, each);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe.for(packages)("%s", (name) => {
  const at = (path: string) => readFile(join(root, "packages", name, path), "utf8");

  test("ships what was built, a README and the license", async () => {
    const { files } = tarballs.get(`@distlock/${name}`)!;
    const built = await builtOf(name);
    expect(files.map(({ path }) => path).sort()).toEqual(["LICENSE", "README.md", ...built, "package.json"].sort());
    const { exports } = JSON.parse(await at("package.json"));
    const entries = [...JSON.stringify(exports).matchAll(/"\.\/(dist\/[^"]+)"/g)].map(([, entry]) => entry!);
    expect(entries.length).toBeGreaterThan(3);
    expect(built).toEqual(expect.arrayContaining(entries));
    // What is no entry is a part that entries share.
    expect(built.filter((path) => !entries.includes(path) && !/-[\w-]{8}\./.test(path))).toEqual([]);
  });

  test("depends on core alone, and needs a peer only if it imports it", async () => {
    const {
      dependencies = {},
      peerDependencies = {},
      peerDependenciesMeta = {},
    } = JSON.parse(await at("package.json"));
    expect(dependencies).toEqual(name === "core" ? {} : { "@distlock/core": "workspace:^" });
    const code = (await Promise.all((await builtOf(name)).map(at))).join("\n");
    const imports = new Set(
      [...code.matchAll(/^import .*from ['"](.+)['"]|require\(['"](.+)['"]\)/gm)].map((m) => m[1] ?? m[2]!),
    );
    const optional = (peer: string) => peerDependenciesMeta[peer]?.optional === true;
    const required = Object.keys(peerDependencies).filter((peer) => !optional(peer));
    const foreign = [...imports].filter((from) => !/^(node:|\.)/.test(from) && from !== "@distlock/core");
    expect(foreign).toEqual(required);
  });

  test("has no trace of the folder that it was built in", async () => {
    const built = await builtOf(name);
    for (const path of built) expect(await at(path), path).not.toMatch(/node_modules|file:\/\/|sourceMappingURL/);
    for (const path of built) expect((await at(path)).includes(root.slice(0, -1)), path).toBe(false);
  });
});

/** What each package is proved with, besides a lock in this process; `pkg` is the package. */
const proofs: Record<string, string> = {
  core: 'assert.ok(pkg.LockError.is(new pkg.LockLostError("key", "why")));',
  ioredis: `// @ts-expect-error: no client
  assert.throws(() => pkg.ioredisDriver({ status: "ready" }), TypeError);`,
  memory: "assert.deepEqual(await new pkg.InProcessMemory().load(), []);",
  "node-redis": `// @ts-expect-error: no client
  assert.throws(() => pkg.nodeRedisDriver({ isOpen: true }), TypeError);`,
  testing: 'assert.equal(typeof pkg.startRedis, "function");',
};

type Load = (variable: string, from: string) => string;

const asImport: Load = (variable, from) =>
  from.startsWith("node:") ? `import ${variable} from "${from}"` : `import * as ${variable} from "${from}"`;
const asRequire: Load = (variable, from) => `const ${variable} = require("${from}")`;
const asImportRequire: Load = (variable, from) => `import ${variable} = require("${from}")`;

const program = (name: string, load: Load) => `
${load("assert", "node:assert")};
${load("core", "@distlock/core")};
${load("pkg", `@distlock/${name}`)};

async function main() {
  const locker = core.createLocker(core.inProcessDriver(), { timeout: 0 });
  const lock = await locker.acquire("key", { ttl: 1_000 });
  assert.ok(lock.isHeld && !lock.signal.aborted && lock.fence > 0 && lock[Symbol.asyncDispose]);
  await assert.rejects(locker.acquire("key"), core.LockNotAcquiredError);
  await lock.release();
  assert.equal((await locker.inspect("key")).held, false);
  ${proofs[name]}
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
`;

/** The compiler, with the least that a program of ours needs: one lib, and the types of Node. */
const compile = (...args: string[]) => {
  const options = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--target", "es2022", "--lib", "es2022"];
  const types = ["--types", "node", "--typeRoots", join(root, "node_modules/@types")];
  return run(folder, process.execPath, [require.resolve("typescript/bin/tsc"), ...options, ...types, ...args]);
};

describe("alone in a folder", () => {
  const names = Object.keys(proofs);
  const inAll = (...files: string[]) => names.flatMap((name) => files.map((file) => join(name, file)));

  beforeAll(async () => {
    for (const name of names) {
      const home = join(folder, name);
      const wanted = [...new Set(["core", name])].map((each) => tarballs.get(`@distlock/${each}`)!.filename);
      await mkdir(home);
      await run(home, "npm", ["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", ...wanted]);
      await writeFile(join(home, "esm.mjs"), program(name, asImport));
      await writeFile(join(home, "cjs.cjs"), program(name, asRequire));
      await writeFile(join(home, "esm.mts"), program(name, asImport));
      await writeFile(join(home, "cjs.cts"), program(name, asImportRequire));
    }
  });

  test.for(names)("%s brings core and nothing else", async (name) => {
    const lock = JSON.parse(await readFile(join(folder, name, "node_modules/.package-lock.json"), "utf8"));
    const expected = [...new Set(["core", name])].map((each) => `node_modules/@distlock/${each}`);
    expect(Object.keys(lock.packages)).toEqual(expected);
  });

  test.for(inAll("esm.mjs", "cjs.cjs"))("%s runs", async (file) => {
    await run(folder, process.execPath, [file]);
  });

  test.for([
    ["--module", "node16", ...inAll("esm.mts", "cjs.cts")],
    ["--module", "esnext", "--moduleResolution", "bundler", ...inAll("esm.mts")],
  ])("compiles with %s %s", async (args) => {
    await compile(...args);
  });
});
