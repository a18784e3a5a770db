import { type WaitingResults, waitingClients } from "../measure/waiting";
import { show, type Table } from "./table";

const count = (number: number): string => number.toLocaleString("en").replaceAll(",", " ");
const percent = (part: number | undefined): string => (part === undefined ? "–" : `${show(100 * part)} %`);
const megabytes = (bytes: number | undefined): string => (bytes === undefined ? "–" : show(Math.max(0, bytes) / 1e6));

export function waitingTables({ keys, crowd, outage, dead }: WaitingResults): Table[] {
  return [
    {
      title: "One process that waits for many keys, with one waiter each, and does nothing else",
      head: [
        "",
        "Node, of a core",
        "Redis, of a core",
        "commands/s",
        "longest delay\nof the event loop, ms",
        "still queued",
        "kept lock",
      ],
      rows: keys.flatMap(({ count: keyCount, results }) =>
        waitingClients.map((client) => {
          const round = results[client]?.rounds[0];
          const name = `${count(keyCount)} keys (${client})`;
          if (!round) return [`${name}: failed: ${results[client]?.failed}`, "–", "–", "–", "–", "–", "–"];
          const { nodeCpu, redisCpu, commands, delay, queued, held } = round;
          return [
            name,
            percent(nodeCpu),
            percent(redisCpu),
            show(commands),
            show(delay),
            percent(queued),
            held ? "held" : "lost",
          ];
        }),
      ),
    },
    {
      title: `${count(crowd.count)} waiters of one key in one process`,
      head: ["", "all queued after, s", "granted", "grants/s"],
      rows: waitingClients.map((client) => {
        const round = crowd.results[client]?.rounds[0];
        if (!round) return [`${client}: failed: ${crowd.results[client]?.failed}`, "–", "–", "–"];
        return [client, show(round.queueing / 1_000), count(round.granted), show(round.rate)];
      }),
    },
    {
      title: `${count(outage.count)} waited keys, and a server that is frozen for ${outage.seconds} s`,
      head: ["", "heap, MB more", "process, MB more"],
      rows: waitingClients.map((client) => {
        const round = outage.results[client]?.rounds[0];
        return [client, megabytes(round?.heap), megabytes(round?.resident)];
      }),
    },
    {
      title: "Dead waiters before a living one, when the lock becomes free",
      head: ["", "longest script, ms"],
      rows: dead.map(({ count: deadCount, longest }) => [`${count(deadCount)} dead`, show(longest)]),
    },
  ];
}
