import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { luaScript } from "../../../lua-script";
import { CLAIM, WINDOW } from "../src/driver/times";
import { withTimes } from "../src/redis/script-times";

const folder = fileURLToPath(new URL("../lua/", import.meta.url));
const luaFiles = async (path: string) => (await readdir(path)).filter((name) => name.endsWith(".lua"));
const scripts = await luaFiles(folder);
const library = await luaFiles(`${folder}lib`);

const of = (files: Readonly<Record<string, string>>) => luaScript("/main.lua", async (path) => files[path]!);

describe("a script is shipped", () => {
  test("without comments, even at the end of a line", async () => {
    const script = of({ "/main.lua": "-- why\nlocal a = 1 -- one\n\n  return '--' .. \"a -- 'b' \" -- 'c'\n" });
    expect(await script).toBe("local a = 1\nreturn '--' .. \"a -- 'b' \"\n");
  });

  test("with the files that it includes, each once and before its first use", async () => {
    const script = of({
      "/main.lua": "-- @include lib/two.lua\n-- @include lib/one.lua\nmain()",
      "/lib/one.lua": "one()",
      "/lib/two.lua": "-- @include one.lua\ntwo()",
    });
    expect(await script).toBe("one()\ntwo()\nmain()\n");
  });

  test("with what an indented line includes inside that block, and again where it is needed outside", async () => {
    const script = of({
      "/main.lua":
        "-- @include a.lua\nfunction f()\n  -- @include b.lua\n  -- @include a.lua\n  -- @include b.lua\nend\nfunction g()\n  -- @include b.lua\nend\n-- @include b.lua\nmain()",
      "/a.lua": "a()",
      "/b.lua": "-- @include a.lua\nb()",
    });
    expect(await script).toBe("a()\nfunction f()\nb()\nend\nfunction g()\nb()\nend\nb()\nmain()\n");
  });
});

describe.each(scripts)("%s", (name) => {
  test("ships nothing that it does not use", async () => {
    const script = await luaScript(folder + name);
    expect(script).not.toContain("@include");
    const words = new Map<string, number>();
    for (const [word] of script.matchAll(/[A-Za-z_]\w*/g)) words.set(word, (words.get(word) ?? 0) + 1);
    for (const [, names] of script.matchAll(/^local (?:function )?([\w, ]+)/gm)) {
      const isUsed = names!.split(/[ ,]+/).some((each) => (words.get(each) ?? 0) > 1);
      expect(isUsed, `${names} is used`).toBe(true);
    }
  });

  test("names its keys, arguments and reply in its header", async () => {
    const text = await readFile(folder + name, "utf8");
    const header = text.slice(0, text.indexOf("\n\n"));
    expect(header).toMatch(/^-- KEYS /m);
    expect(header).toMatch(/^-- Reply /m);
    if (text.includes("ARGV")) expect(header).toMatch(/^-- ARGV /m);
  });
});

test("a script has the times of the driver", async () => {
  const [release, heartbeat] = await Promise.all(
    ["release.lua", "heartbeat.lua"].map((name) => luaScript(folder + name)),
  );
  for (const script of [withTimes(release!, 7), withTimes(heartbeat!, 7)]) {
    expect(script).toContain(`'${CLAIM}', '${WINDOW}', '7', '${2 * WINDOW}'`);
    expect(script).not.toMatch(/<[A-Z_]+>/);
  }
});

test("every file of the library is included", async () => {
  const texts = await Promise.all(
    [...scripts, ...library.map((name) => `lib/${name}`)].map((name) => readFile(folder + name, "utf8")),
  );
  const included = texts.flatMap((text) =>
    [...text.matchAll(/^ *-- @include (?:lib\/)?(\S+)$/gm)].map(([, name]) => name),
  );
  expect([...new Set(included)].sort()).toEqual(library.sort());
});
