import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
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

  test("ships the built files, a README and the license", async () => {
    const { files } = tarballs.get(`@distlock/${name}`)!;
    const built = await builtOf(name);
    expect(files.map(({ path }) => path).sort()).toEqual(["LICENSE", "README.md", ...built, "package.json"].sort());
    const { exports } = JSON.parse(await at("package.json"));
    const entries = [...JSON.stringify(exports).matchAll(/"\.\/(dist\/[^"]+)"/g)].map(([, entry]) => entry!);
    expect(entries.length).toBeGreaterThan(3);
    expect(built).toEqual(expect.arrayContaining(entries));
    // A file that is not an entry is a part that entries share.
    expect(built.filter((path) => !entries.includes(path) && !/-[\w-]{8}\./.test(path))).toEqual([]);
  });

  test("fits its readers: publint and attw find nothing", async () => {
    const { buffer: tarball } = Uint8Array.from(await readFile(tarballs.get(`@distlock/${name}`)!.filename));
    const { messages } = await publint({ pack: { tarball }, strict: true });
    expect(messages).toEqual([]);
    const types = await checkPackage(createPackageFromTarballData(new Uint8Array(tarball)));
    expect(types).toMatchObject({ types: { kind: "included" }, problems: [] });
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
    const foreign = [...imports].filter(
      (from) => !/^(node:|\.)/.test(from) && !/^@distlock\/core(\/driver)?$/.test(from),
    );
    expect(foreign).toEqual(required);
  });

  test("has no trace of the folder that it was built in", async () => {
    const built = await builtOf(name);
    for (const path of built) expect(await at(path), path).not.toMatch(/node_modules|file:\/\/|sourceMappingURL/);
    for (const path of built) expect((await at(path)).includes(root.slice(0, -1)), path).toBe(false);
  });
});

describe("the entries of core", () => {
  const built = async (ext: string) => {
    const files = (await builtOf("core")).filter((path) => path.endsWith(ext));
    return Promise.all(files.map((path) => readFile(join(root, "packages/core", path), "utf8")));
  };

  test.for([".js", ".cjs"])("have one copy of each class, symbol and WeakMap (%s)", async (ext) => {
    const kept =
      /^(?:var|let|const|class) (\w+) (?:= (?:\/\* @__PURE__ \*\/ )?(?:class|new|Symbol|[\w.]*channel)\b|extends|\{)/gm;
    const names = (await built(ext)).flatMap((text) => [...text.matchAll(kept)].map(([, name]) => name!));
    const some = [
      "LockError",
      "DriverError",
      "marker",
      "lockerIdentity",
      "refused",
      "waitsOf",
      "around",
      "operations",
      "outcomes",
    ];
    expect(names).toEqual(expect.arrayContaining(some));
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  test("share no name but types: what authors of drivers need is not in the way of users", async () => {
    const [users, authors] = [await import("@distlock/core"), await import("@distlock/core/driver")];
    expect(Object.keys(users).filter((name) => name in authors)).toEqual([]);
    expect(Object.keys(users).sort()).toEqual([
      "CHANNELS",
      "LockBackendError",
      "LockError",
      "LockLostError",
      "LockNotAcquiredError",
      "LockerClosedError",
      "createLeases",
      "createLocker",
      "inProcessDriver",
      "observe",
      "processLabel",
    ]);
  });
});

/** What each package is proved with, besides a lock in this process; `pkg` is the package. */
const proofs: Record<string, string> = {
  // What one entry makes, the other one knows: classes, and the mark of a locker.
  core: `assert.ok(pkg.LockError.is(new pkg.LockLostError("key", "why")));
  assert.ok(locker[driver.lockerIdentity]);
  const reply = async () => ["foreign"];
  const redis = driver.redisDriver({ keyPrefix: "", cluster: false, eval: reply, evalSha: reply });
  const refused = redis.acquire({ keys: ["key"], token: "token", ttl: 1_000 }, { abandoned: false });
  await assert.rejects(refused, core.LockBackendError);
  const refusal = new driver.DriverError("refused", { retryable: false, advice: "ask elsewhere" });
  const refusing = core.createLocker({ ...redis, acquire: () => Promise.reject(refusal) });
  await assert.rejects(refusing.acquire("key"), /refused: ask elsewhere/);`,
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
${load("driver", "@distlock/core/driver")};
${load("pkg", `@distlock/${name}`)};

async function main() {
  const locker = core.createLocker(core.inProcessDriver(), { timeout: 0 });
  const lock = await locker.acquire("key", { ttl: 1_000 });
  assert.ok(lock.isHeld && !lock.signal.aborted && lock.fence > 0 && lock[Symbol.asyncDispose]);
  await assert.rejects(locker.acquire("key"), core.LockNotAcquiredError);
  await lock.release();
  assert.equal((await locker.inspect("key")).held, false);
  assert.deepEqual(driver.inLockOrder(["b", "a"]), ["a", "b"]);
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
