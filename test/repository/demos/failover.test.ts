import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort, type RedisServer, startCluster, startSentinel } from "@distlock/testing";
import { afterAll, describe, expect, test } from "vitest";
import { demoOf } from "./run-demo";

const demos = { sentinel: await demoOf("sentinel"), cluster: await demoOf("cluster") };
const topologies = Object.keys(demos) as (keyof typeof demos)[];

afterAll(async () => {
  for (const demo of Object.values(demos)) await demo.remove();
});

const VERDICT =
  /^The primary was killed; its locks were granted again \d+\.\d s later: .*, all who waited were granted, and fences rose with each of \d+ grants\.$/;

const lastLine = (text: string) => text.trimEnd().split("\n").at(-1);

/** Expects a picture that is whole: as many elements end as begin. */
async function expectPicture(file: string, texts: readonly string[]) {
  const svg = await readFile(file, "utf8");
  expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg".*<\/svg>\s*$/s);
  const tags = [...svg.matchAll(/<(\/?)([a-z]+)[^<>]*?(\/?)>/gi)];
  const open: string[] = [];
  for (const [, end, name, single] of tags) {
    if (end) expect(open.pop()).toBe(name);
    else if (!single) open.push(name!);
  }
  expect(open).toEqual([]);
  for (const text of texts) expect(svg).toContain(`>${text}</text>`);
}

const workers = ["worker-1", "worker-2", "worker-3", "worker-4"];

/** Keys that the demos have left on these servers. */
async function keysOn(nodes: readonly RedisServer[]): Promise<unknown[]> {
  const lists = await Promise.all(nodes.filter((node) => node.running).map((node) => node.command("KEYS", "*demo*")));
  return lists.flat();
}

describe.each(["ioredis", "node-redis"])("the demos with a failover, on %s", (client) => {
  test.concurrent.each(topologies)("%s: kills the primary and shows what happened", async (topology) => {
    const demo = demos[topology];
    const svg = join(demo.folder, `${client}.svg`);
    const { code, stdout, stderr } = await demo.run(["--client", client, "--svg", svg]);
    expect({ code, stderr, verdict: lastLine(stdout) }).toEqual({
      code: 0,
      stderr: "",
      verdict: expect.stringMatching(VERDICT),
    });
    expect(stdout).toMatch(new RegExp(`^4 processes on ${client} share 4 locks`, "m"));
    expect(stdout).toMatch(/▼ kill +▲ new primary\norders {3}[1-4·x]+\nreport {3}[1-4·x]+\nsession {2}[1-4·x]+\nstock/);
    expect(stdout).toContain(`picture: ${svg}\n`);
    for (const line of stdout.split("\n").filter((text) => /^[│┌]|▼|^orders/.test(text))) {
      expect(line.length, line).toBeLessThanOrEqual(80);
    }
    await expectPicture(svg, [...workers, "kill -9 of the primary", "new primary", "orders (ttl 15 s)"]);
    await demo.expectNothingLeft(stdout);
    expect(await readdir(demo.folder)).toEqual(expect.arrayContaining([`${client}.svg`]));
  });
});

describe("the demos with a failover, on the caller's own servers", () => {
  test.concurrent("sentinel: kills nothing, shows the caller's failover, and deletes its keys", async () => {
    const [demo, sentinel] = [demos.sentinel, await startSentinel()];
    try {
      const at = sentinel.sentinels.map(({ port }) => `127.0.0.1:${port}`).join();
      let failing: Promise<unknown> | undefined;
      const args = ["--sentinels", at, "--name", sentinel.name, "--seconds", "6", "--client", "ioredis"];
      const { code, stdout, stderr } = await demo.run(args, (text) => {
        if (text.includes("fail the primary over yourself now")) failing ??= sentinel.nodes[0]!.signal("SIGKILL");
      });
      await failing;
      expect(await sentinel.primary()).not.toBe(sentinel.nodes[0]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toContain(`SENTINEL FAILOVER ${sentinel.name}`);
      expect(stdout).not.toContain("kill -9");
      const file = /^picture: (.*)$/m.exec(stdout)?.[1] ?? "";
      await expectPicture(file, workers);
      expect(await keysOn(sentinel.nodes)).toEqual([]);
      expect(sentinel.nodes.map(({ running }) => running)).toEqual([false, true, true]);
    } finally {
      await sentinel.stop();
    }
  });

  test.concurrent("cluster: kills nothing, shows the caller's failover, and deletes its keys, even on Ctrl-C", async () => {
    const [demo, cluster] = [demos.cluster, await startCluster()];
    try {
      const args = ["--nodes", `127.0.0.1:${cluster.nodes[0]!.port}`, "--client", "node-redis", "--seconds"];
      let failing: Promise<unknown> | undefined;
      const { code, stdout, stderr } = await demo.run([...args, "6"], (text) => {
        if (text.includes("fail the primary over yourself now")) failing ??= cluster.failover("key");
      });
      await failing;
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(lastLine(stdout)).toMatch(/^\d\.\d s were played: .* fences rose with each of \d+ grants\.$/);
      expect(await keysOn(cluster.nodes)).toEqual([]);

      let sent = false;
      const ended = await demo.run([...args, "600"], (text, child) => {
        if (!sent && text.includes("fail the primary over")) sent = child.kill("SIGINT");
      });
      expect(ended).toMatchObject({ code: 130, stderr: "" });
      expect(await keysOn(cluster.nodes)).toEqual([]);
    } finally {
      await cluster.stop();
    }
  });
});

describe.each(topologies)("the %s demo", (topology) => {
  const demo = demos[topology];
  const [servers, more] = topology === "sentinel" ? ["--sentinels", ["--name"]] : ["--nodes", []];

  test("explains its options", async () => {
    const { code, stdout } = await demo.run(["--help"]);
    expect(code).toBe(0);
    for (const option of ["--client <library>", "--svg <file>", "--seconds <n>", servers, ...more, "REDIS_PASSWORD"]) {
      expect(stdout).toContain(option);
    }
  });

  test.each([
    [["--bogus"], /^error: unknown option '--bogus'\n$/],
    [
      ["--client", "jedis"],
      /^error: option '--client <library>' argument 'jedis' is invalid\. Allowed choices are .*\n$/,
    ],
    [["--seconds", "0"], /^error: option '--seconds <n>' argument '0' is invalid\. It must be an integer .*\n$/],
    [["--svg", "/no/such/folder/x.svg"], /^error: option '--svg <file>' .* Its folder does not exist\.\n$/],
    [[servers, "localhost"], /^error: option .* argument 'localhost' is invalid\. It must be a list such as .*\n$/],
    [[servers, "a:1,b:99999"], /^error: option .* argument 'a:1,b:99999' is invalid\. It must be a list such as .*\n$/],
  ])("refuses %j in one sentence", async (args, sentence) => {
    const { code, stdout, stderr } = await demo.run(args as string[]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(sentence);
  });
});

describe("the demos with a failover, when they end early", () => {
  test.concurrent.each(topologies)("%s: end on Ctrl-C and leave nothing behind", async (topology) => {
    const demo = demos[topology];
    let sent = false;
    const { code, stdout, stderr } = await demo.run([], (text, child) => {
      if (!sent && text.includes("kill -9 of the primary")) sent = child.kill("SIGINT");
    });
    expect({ code, stderr }).toEqual({ code: 130, stderr: "" });
    await demo.expectNothingLeft(stdout);
  });

  test.concurrent.each([
    ["sentinel", "--sentinels", "ioredis"],
    ["cluster", "--nodes", "node-redis"],
  ] as const)("%s: say in one sentence that %s can't be reached, with %s", async (topology, servers, client) => {
    const port = await freePort();
    const { code, stderr } = await demos[topology].run([servers, `127.0.0.1:${port}`, "--client", client]);
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^the .* at 127\\.0\\.0\\.1:${port} can't be used, see --help: .*\n$`));
  });
});
