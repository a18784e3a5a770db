import { runBuilt } from "./run-built.mjs";

const redisUrl = { option: "redisUrl", flag: "--redis-url" };

/** The demos: each has a folder of its own in `examples`. */
const demos = {
  standalone: {
    about: "four processes write to one conversation, without a lock and with one",
    options: "turns/options.ts",
    ownServer: redisUrl,
  },
  sentinel: {
    about: "the primary of a Redis with Sentinels is killed while four processes share locks",
    options: "failover/sentinel-options.ts",
    ownServer: { option: "sentinels", flag: "--sentinels" },
  },
  cluster: {
    about: "the same in a Redis Cluster",
    options: "failover/cluster-options.ts",
    ownServer: { option: "nodes", flag: "--nodes" },
  },
  memory: {
    about: "a chat service of three instances, one of which is killed in the middle of an answer",
    folder: "agent-memory",
    options: "chat/options.ts",
    ownServer: redisUrl,
  },
  observability: {
    about: "a hand-over between two processes as a trace, and the metrics, by OpenTelemetry",
    options: "observability/options.ts",
    ownServer: redisUrl,
  },
};

/** The examples of one file: they are in `examples/small`. */
const small = {
  "queue-worker": "many workers take jobs; jobs of one customer run one after the other",
  "several-keys": "transfers between accounts lock both accounts at once, and never deadlock",
  "fenced-sql": "a database refuses the write of a holder that has lost its lock",
  "http-409": "an HTTP service answers 409 while somebody else works on the resource",
};

function programOf(name) {
  if (Object.hasOwn(small, name)) {
    const program = { workspace: "@distlock-examples/small", folder: "examples/small", file: "../stage/small/main.ts" };
    return { ...program, options: "examples/stage/small/options.ts", before: [name] };
  }
  const { folder = name, options, ownServer } = demos[name];
  return {
    workspace: `@distlock-examples/${folder}`,
    folder: `examples/${folder}`,
    file: "main.ts",
    options: `examples/stage/${options}`,
    ownServer,
  };
}

const names = [...Object.keys(demos), ...Object.keys(small)];
const list = (entries) => entries.map(([name, about]) => `  ${name.padEnd(15)}${about}`).join("\n");
const help = `node scripts/demo.mjs [name] [options]        or: pnpm demo [name] [options]

Starts a demo or an example, with the Redis servers that it needs. Without a name it starts "standalone".

Demos:
${list(Object.entries(demos).map(([name, { about }]) => [name, about]))}

Examples of one file, to copy:
${list(Object.entries(small))}

Each has options of its own: "pnpm demo <name> --help" lists them.`;

// "pnpm demo -- --turns 60" hands the "--" on.
const given = process.argv.slice(process.argv[2] === "--" ? 3 : 2);
const [first] = given;
if (first === "--help" || first === "-h") console.log(help);
else if (first !== undefined && !first.startsWith("-") && !names.includes(first)) {
  console.error(
    `there is no demo ${JSON.stringify(first)}: choose ${names.slice(0, -1).join(", ")} or ${names.at(-1)}`,
  );
  process.exitCode = 1;
} else {
  const named = names.includes(first);
  const { before = [], ...program } = programOf(named ? first : "standalone");
  await runBuilt(program, [...before, ...(named ? given.slice(1) : given)]);
}
