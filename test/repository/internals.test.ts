import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import * as times from "../../packages/core/src/driver/times";
import { mutations } from "../model/mutations.mjs";
import * as modelTimes from "../model/times";

// The pages of docs/internals name files, functions, tests and mutations: each of these names must exist.

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, "docs/internals");
const read = (file: string): Promise<string> => readFile(file, "utf8");
const inRepository = (file: string): string => relative(root, file);

const names = (await readdir(folder)).filter((name) => name.endsWith(".md"));
const pages = new Map(await Promise.all(names.map(async (name) => [name, await read(join(folder, name))] as const)));
const page = (name: string): string => pages.get(name)!;

/** What GitHub makes of a heading. */
const slugOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_\- ]/gu, "")
    .replaceAll(" ", "-");

const headingsOf = (text: string): string[] => [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => heading);

interface Part {
  readonly heading: string;
  readonly text: string;
}

/** The parts of a page under headings of one level. */
const partsOf = (text: string, level: "##" | "###"): readonly Part[] =>
  text
    .split(new RegExp(`^(?=#{1,${level.length}} )`, "m"))
    .filter((part) => part.startsWith(`${level} `))
    .map((part) => ({ heading: headingsOf(part)[0]!, text: part }));

/** Where a match is, for a message. */
function placeOf(name: string, { index }: RegExpMatchArray): string {
  return `docs/internals/${name}:${page(name).slice(0, index).split("\n").length}`;
}

interface Link {
  readonly place: string;
  readonly shown: string;
  readonly file: string;
  readonly anchor: string | undefined;
}

const links: readonly Link[] = [...pages].flatMap(([name, text]) =>
  [...text.matchAll(/\[([^\]]+)\]\(([^)#]*)(?:#([^)]*))?\)/g)]
    .filter(([, , path]) => !/^[a-z]+:/.test(path!))
    .map((match) => {
      const [, shown = "", path = "", anchor] = match;
      return { place: placeOf(name, match), shown, file: join(folder, path || name), anchor };
    }),
);

/** Whether a file of TypeScript or Lua declares a name. */
const declares = (text: string, name: string): boolean =>
  new RegExp(
    `(?:function|const|let|class|interface|type|get|readonly|local(?: \\w+,)*) #?${name}\\b|^ *(?:async |static )*#?${name} *[(<]`,
    "m",
  ).test(text);

test("every link leads to a file, and to a heading there", async () => {
  const dangling: string[] = [];
  for (const { place, file, anchor } of links) {
    if (!existsSync(file)) dangling.push(`${place}: there is no ${inRepository(file)}`);
    else if (
      anchor !== undefined &&
      !headingsOf(await read(file))
        .map(slugOf)
        .includes(anchor)
    )
      dangling.push(`${place}: ${inRepository(file)} has no heading #${anchor}`);
  }
  expect(dangling).toEqual([]);
});

test("every name in code that links to a file is declared there", async () => {
  const dangling: string[] = [];
  for (const { place, shown, file } of links) {
    const [, code] = /^`([^`]+)`$/.exec(shown) ?? [];
    if (code === undefined || file.endsWith(".md") || !existsSync(file) || (await stat(file)).isDirectory()) continue;
    if (file.endsWith(`/${code}`)) continue;
    const text = await read(file);
    const missing = code.split(".").filter((name) => !declares(text, name));
    for (const name of missing) dangling.push(`${place}: ${inRepository(file)} declares no ${name} (of ${code})`);
  }
  expect(dangling).toEqual([]);
});

const testFiles = (
  await Promise.all(
    ["test", "packages"].map(async (place) =>
      (await readdir(join(root, place), { recursive: true })).map((file) => join(root, place, file)),
    ),
  )
)
  .flat()
  .filter((file) => /\btest.*\.ts$/.test(file) && !file.includes("node_modules"));

const hasTitle = (text: string, title: string): boolean =>
  ['"', "'", "`"].some((quote) => text.includes(`${quote}${title}${quote}`)) || text.includes(`  ${title}: `);

test("every title of a test is in the file that it is said to be in", async () => {
  const dangling: string[] = [];
  for (const [on, text] of pages) {
    for (const match of text.matchAll(/\[`[^`]+`\]\(([^)#]+)\): ((?:“[^”]+”(?:, )?)+)/g)) {
      const [, path = "", quoted = ""] = match;
      const file = join(folder, path);
      const own = existsSync(file) ? await read(file) : "";
      for (const [, title = ""] of quoted.matchAll(/“([^”]+)”/g)) {
        if (hasTitle(own, title)) continue;
        const found: string[] = [];
        for (const other of testFiles) if (hasTitle(await read(other), title)) found.push(inRepository(other));
        const hint = found.length > 0 ? `; it is in ${found.join(", ")}` : "";
        dangling.push(`${placeOf(on, match)}: ${inRepository(file)} has no test “${title}”${hint}`);
      }
    }
  }
  expect(dangling).toEqual([]);
});

const rules = Object.entries(mutations).map(([name, { rule }]) => ({ name, rule }));

test("each rule of a mutation is a heading of protocol.md, and each such heading has a mutation", () => {
  const headings = partsOf(page("protocol.md"), "###").map(({ heading }) => heading);
  const wanted = new Set(rules.map(({ rule }) => rule));
  expect(headings.filter((heading, i) => headings.indexOf(heading) !== i)).toEqual([]);
  expect({
    withoutHeading: [...wanted].filter((rule) => !headings.includes(rule)),
    withoutMutation: headings.filter((heading) => !wanted.has(heading)),
  }).toEqual({ withoutHeading: [], withoutMutation: [] });
});

test.each(partsOf(page("protocol.md"), "###"))(
  "the rule “$heading” says what it costs, and names its code and its mutations",
  ({ heading, text }) => {
    const [, cost, keptBy = "", brokenBy = ""] =
      /^\*(exclusion|liveness|detail)\* · kept by\s(.+?) ·\s+broken by\s(.+?)\n\n/ms.exec(text) ?? [];
    expect(cost, `protocol.md, ${heading}: *exclusion*, *liveness* or *detail*, kept by, broken by`).toBeDefined();
    expect(keptBy, `protocol.md, ${heading}: a file that keeps it`).toMatch(/\]\(/);
    expect(text, `protocol.md, ${heading}: a run that goes wrong without it`).toMatch(/^```text$/m);
    expect(brokenBy.match(/(?<=`)[^`]{3,}(?=`)/g)?.sort()).toEqual(
      rules
        .filter(({ rule }) => rule === heading)
        .map(({ name }) => name)
        .sort(),
    );
  },
);

const guarantees = await read(join(root, "docs/guarantees.md"));
const promised = partsOf(guarantees, "##").find(({ heading }) => heading === "Promised")!;

test("each promise of guarantees.md is a heading of promises.md, and each such heading is a promise", () => {
  const promises = [...promised.text.matchAll(/^\*\*(.+?)\*\*/gms)].map(([, promise = ""]) => promise);
  expect(promises.length).toBeGreaterThan(10);
  expect(partsOf(page("promises.md"), "##").map(({ heading }) => heading)).toEqual(promises);
});

test.each(partsOf(page("promises.md"), "##"))(
  "“$heading”: each claim names its code and its tests, and mutations that exist",
  ({ heading, text }) => {
    const rows = text.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| ---"));
    expect(rows.length, `promises.md, ${heading}: rows`).toBeGreaterThan(1);
    for (const row of rows.slice(1)) {
      const [, claim, code, tests, broken = "", ...rest] = row.split(" | ").join("|").split("|");
      expect(rest, `promises.md, ${heading}: columns of ${claim}`).toEqual([""]);
      expect(code, `promises.md, ${heading}: code of ${claim}`).toContain("](");
      expect(tests, `promises.md, ${heading}: tests of ${claim}`).toMatch(/\]\([^)]+\): “/);
      for (const [, name, anchor] of broken.matchAll(/\[`([^`]+)`\]\(protocol\.md#([^)]+)\)/g)) {
        const rule = rules.find((one) => one.name === name)?.rule;
        expect(rule, `promises.md, ${heading}: there is no mutation “${name}”`).toBeDefined();
        expect(anchor, `promises.md, ${heading}: the rule of the mutation “${name}”`).toBe(slugOf(rule!));
      }
    }
  },
);

test("each mutation breaks a promise", () => {
  const broken = page("promises.md");
  expect(rules.map(({ name }) => name).filter((name) => !broken.includes(`[\`${name}\`]`))).toEqual([]);
});

test("driver.ts quotes words.md", async () => {
  const meanings = new Map(
    [...page("words.md").matchAll(/^\| ([^|]+) \| ([^|]+) \|/gm)].map(([, word = "", meaning = ""]) => [word, meaning]),
  );
  const [comment = ""] = (await read(join(root, "packages/core/src/driver/driver.ts"))).split("*/");
  const quoted = [...comment.matchAll(/^ \* (.+?) {2,}(.+)$/gm)];
  expect(quoted.length).toBeGreaterThan(15);
  for (const [, word = "", meaning = ""] of quoted) expect(meaning, `driver.ts on “${word}”`).toBe(meanings.get(word));
});

test("changing.md says of every script what a second and a late copy of it do", async () => {
  const table = partsOf(page("changing.md"), "###").find(({ heading }) => heading.startsWith("Each script:"))!.text;
  const scripts = (await readdir(join(root, "packages/core/lua"))).filter((name) => name.endsWith(".lua"));
  expect([...table.matchAll(/(?<=\[`)[a-z-]+\.lua(?=`\])/g)].map(String).sort()).toEqual(scripts.sort());
});

test("waiting.md quotes warnings as they are", async () => {
  const waiting = await read(join(root, "docs/waiting.md"));
  const warnings = await read(join(root, "packages/core/src/driver/backend-error.ts"));
  const quoted = [...waiting.matchAll(/^\| [^|]+ \| `([a-z ]+)` \|/gm)].map(([, text = ""]) => text);
  expect(quoted).toHaveLength(3);
  for (const text of quoted) expect(warnings).toContain(text);
});

test("the model's times are a tenth of the core's, as timing.md says", () => {
  const { HEARTBEAT, WINDOW, CLAIM } = times;
  expect(modelTimes).toMatchObject({ HEARTBEAT: HEARTBEAT / 10, WINDOW: WINDOW / 10, CLAIM: CLAIM / 10 });
});
