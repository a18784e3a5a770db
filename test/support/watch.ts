import { Redis } from "ioredis-6";

/** One script that a client sent. */
export interface Sent {
  readonly kind: "acquire" | "extend" | "release" | "heartbeat" | "inspect";
  readonly key: string;
  readonly tokens: readonly string[];
}

export interface Push {
  readonly channel: string;
  readonly token: string;
}

/** The commands that a server received, and the messages that the scripts published. */
export interface Watched {
  /** In order, since the last look. */
  readonly sent: readonly Sent[];
  readonly pushes: readonly Push[];
  /** How many commands the scripts ran. */
  readonly inner: number;
}

const isToken = (arg: string | undefined): arg is string => /^[\w-]{16}:[\w-]{36}$/.test(arg ?? "");

/** Reads a script's purpose from the form of its arguments. */
function parse(args: readonly string[]): Sent | undefined {
  if (!/^eval(sha)?$/i.test(args[0] ?? "")) return;
  const count = Number(args[2]);
  const [key = ""] = args.slice(3);
  const argv = args.slice(3 + count);
  const tokens = argv.filter(isToken);
  if (/^\d+$/.test(argv[0] ?? "") && /^\d+$/.test(argv[1] ?? "")) return { kind: "extend", key, tokens };
  if (argv.length === 1) return { kind: "inspect", key, tokens };
  if (/^[\w-]{16}$/.test(argv[0] ?? "")) return { kind: "heartbeat", key, tokens };
  return { kind: argv.length === (2 * count) / 3 ? "release" : "acquire", key, tokens };
}

/** Watches a server through MONITOR. */
export async function watch(url: string) {
  const redis = new Redis(url);
  const monitor = (await redis.monitor()) as unknown as Redis;
  let sent: Sent[] = [];
  let pushes: Push[] = [];
  let inner = 0;
  let marked: string | undefined;
  let onMark = () => {};
  monitor.on("monitor", (_time: string, args: string[], source: string) => {
    if (source === "lua") {
      inner++;
      if (args[0]?.toUpperCase() === "PUBLISH")
        pushes.push({ channel: args[1]!, token: (args[2] ?? "").split(" ")[0]! });
      return;
    }
    const script = parse(args);
    if (script) sent.push(script);
    if (args[0]?.toLowerCase() === "echo") {
      marked = args[1];
      onMark();
    }
  });
  return {
    redis,
    /** Since the last call, up to now: the server handles an echo after everything that came before it. */
    async seen(): Promise<Watched> {
      const mark = `mark ${performance.now()}`;
      const arrived = new Promise<void>((resolve) => {
        onMark = () => marked === mark && resolve();
      });
      await redis.echo(mark);
      if (marked !== mark) await arrived;
      const all = { sent, pushes, inner };
      sent = [];
      pushes = [];
      inner = 0;
      return all;
    },
    stop() {
      monitor.disconnect();
      redis.disconnect();
    },
  };
}
