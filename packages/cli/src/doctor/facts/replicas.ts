import type { Address } from "../../connection/address";
import { serverClient } from "../../connection/clients";
import type { Ask } from "./ask";
import { timingOf } from "./clock";
import type { Fields, ReplicaFacts } from "./facts";

/** The URL of another server, with the user and the password of the address. */
function urlOf(address: Address, host: string, port: string): string {
  const sentinel = address.kind === "sentinel";
  const url = new URL(sentinel ? `${address.tls ? "rediss" : "redis"}://${host}` : address.url);
  if (sentinel) {
    url.username = encodeURIComponent(address.username ?? "");
    url.password = encodeURIComponent(address.password ?? "");
  }
  url.hostname = host.includes(":") ? `[${host}]` : host;
  url.port = port;
  url.pathname = "";
  return url.href;
}

/** Reads the clock of a replica. A replica that does not answer, maybe since only the primary can reach it, has none. */
async function clockOf(ask: Ask, url: string, address: string, timeout: number) {
  const client = serverClient(url, timeout, () => {});
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${address} does not answer`)), timeout);
  });
  try {
    await Promise.race([client.connect(), late]);
    const [node] = await client.primaries();
    return (await timingOf(ask, { ...node!, address })).clock;
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
    client.close();
  }
}

/** The replicas of a primary, as its INFO lists them. */
export function replicasOf(info: Fields, ask: Ask, at: Address, timeout: number): Promise<ReplicaFacts[]> {
  const lines = [...info].filter(([name]) => /^slave\d+$/.test(name));
  return Promise.all(
    lines.map(async ([, line]) => {
      const fields = new Map(line.split(",").map((part) => part.split("=", 2) as [string, string]));
      const [ip = "", port = ""] = [fields.get("ip"), fields.get("port")];
      const address = `${ip}:${port}`;
      const clock = await clockOf(ask, urlOf(at, ip, port), address, timeout);
      return { address, state: fields.get("state") ?? "", clock };
    }),
  );
}
