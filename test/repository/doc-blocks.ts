import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import ts from "typescript";

export const root = fileURLToPath(new URL("../..", import.meta.url));

const run = promisify(execFile);

/** A block runs as it would after a compilation: with nothing between it and Node. */
const asNodeRuns: ts.CompilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };

/** The README, and all that is beside it for readers. */
export async function pages(): Promise<string[]> {
  const found = ["README.md", "CONTRIBUTING.md"];
  const within = async (folder: string) =>
    (await readdir(join(root, folder), { withFileTypes: true }))
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `${folder}/${name}`);
  const places = [
    "docs",
    "docs/internals",
    "docs/memory",
    "bench",
    "bench/results",
    "examples",
    ...(await within("packages")),
    ...(await within("examples")),
  ];
  for (const place of places) {
    for (const file of await readdir(join(root, place))) if (file.endsWith(".md")) found.push(`${place}/${file}`);
  }
  return found;
}

export interface Block {
  readonly name: string;
  readonly text: string;
  /** On which Node it runs: what it imports may need 22. `"checked"`: on none, as it needs a service; its types are checked. */
  readonly on: "node20" | "node22" | "checked";
  /** Whether it is of a page about frameworks, which take long to load. */
  readonly ofFrameworks: boolean;
}

export async function blocks(): Promise<Block[]> {
  const found: Block[] = [];
  for (const page of await pages()) {
    const text = await readFile(join(root, page), "utf8");
    let count = 0;
    for (const [, mark, code = ""] of text.matchAll(/^```ts(?: (node22|checked|ai6))?\n(.*?)^```/gms)) {
      const name = `${page.replaceAll("/", "-").replace(/\.md$/, "")}-${++count}.ts`;
      const ofFrameworks = page.startsWith("docs/memory/");
      // Blocks for the version of `ai` that npm picks on Node 20, which is installed by this name.
      if (mark === "ai6")
        found.push({ name, text: code.replace(/from "ai(?=[/"])/g, 'from "ai-6'), on: "node20", ofFrameworks });
      else found.push({ name, text: code, on: (mark ?? "node20") as Block["on"], ofFrameworks });
    }
  }
  return found;
}

/** The newest compiler is the fastest by far; the other one has the API that our tools need. */
const compilers = {
  "TypeScript 5": join(root, "node_modules/typescript/bin/tsc"),
  "TypeScript 7": join(root, "test/node_modules/typescript-7/bin/tsc"),
};
type Compiler = keyof typeof compilers;

export interface Programs {
  /** Type errors, "" if there are none. `lib` is the option of TypeScript; the default is the one of this repository. */
  check(compiler: Compiler, lib?: readonly string[]): Promise<string>;
  /** Runs one to its end, on a Redis. */
  run(name: string, redisUrl: string): Promise<void>;
  remove(): Promise<void>;
}

/** Blocks as programs, inside the checkout so that they find the packages that they import. */
export async function programsOf(blocks: readonly Block[], place: string): Promise<Programs> {
  const folder = join(root, "test", place);
  const remove = () => rm(folder, { recursive: true, force: true });
  await remove();
  await mkdir(folder, { recursive: true });
  for (const { name, text } of blocks) await writeFile(join(folder, name), text);
  return {
    async check(compiler, lib) {
      const config = { extends: "../../tsconfig.base.json", include: ["*.ts"], compilerOptions: lib && { lib } };
      await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
      const { stdout } = await run(process.execPath, [compilers[compiler], "-p", folder]).catch((error) => error);
      return stdout;
    },
    async run(name, redisUrl) {
      const env = { ...process.env, REDIS_URL: redisUrl };
      const file = join(folder, name.replace(/\.ts$/, ".mjs"));
      const { outputText } = ts.transpileModule(await readFile(join(folder, name), "utf8"), {
        compilerOptions: asNodeRuns,
      });
      await writeFile(file, outputText);
      await run(process.execPath, [file], { cwd: root, env, timeout: 120_000 });
    },
    remove,
  };
}
