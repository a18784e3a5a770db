import { InvalidArgumentError } from "commander";

/** Where Redis is. */
export type Address =
  | { readonly kind: "server"; readonly url: string; readonly shown: string }
  | {
      readonly kind: "sentinel";
      readonly name: string;
      readonly sentinels: readonly { readonly host: string; readonly port: number }[];
      readonly tls: boolean;
      readonly username: string | undefined;
      readonly password: string | undefined;
      readonly database: number | undefined;
      readonly shown: string;
    };

const SENTINEL_PORT = 26_379;

/** A URL without its password, for messages. */
const withoutPassword = (url: string): string => url.replace(/^([a-z+-]+:\/\/[^:@/]*):[^@]*@/, "$1:***@");

/** `redis://user:password@host:6379/0`, `rediss://…` (TLS), `unix://` is not known; `redis-sentinel://…@h1:26379,h2/name/0` or `rediss-sentinel://…`. */
export function parseAddress(url: string): Address {
  const shown = withoutPassword(url);
  if (/^rediss?:\/\//.test(url) && URL.canParse(url)) return { kind: "server", url, shown };
  const match = /^redis(s?)-sentinel:\/\/(?:([^:@/]*)(?::([^@]*))?@)?([^/]+)\/([^/?]+)(?:\/(\d+))?$/.exec(url);
  if (!match) {
    throw new InvalidArgumentError(
      "A URL is redis://host:6379, rediss://host:6379 for TLS, or redis-sentinel://host1,host2/name.",
    );
  }
  const [, tls, username, password, hosts, name, database] = match;
  return {
    kind: "sentinel",
    name: decodeURIComponent(name!),
    sentinels: hosts!.split(",").map(hostAndPort),
    tls: tls === "s",
    username: username === undefined || username === "" ? undefined : decodeURIComponent(username),
    password: password === undefined ? undefined : decodeURIComponent(password),
    database: database === undefined ? undefined : Number(database),
    shown,
  };
}

function hostAndPort(text: string): { host: string; port: number } {
  const [, host, port] = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(text) ?? [];
  if (host === undefined) throw new InvalidArgumentError(`A Sentinel is named host:port, not "${text}".`);
  return { host: host.replace(/^\[|\]$/g, ""), port: port === undefined ? SENTINEL_PORT : Number(port) };
}
