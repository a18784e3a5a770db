import { EXIT } from "../exit-codes";
import { Failure } from "../failure";

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

/** A URL without its password, for messages. A password may have an `@` in it. A name that stands alone is often a password. */
const withoutPassword = (url: string): string =>
  url.replace(/^([a-z+-]+:\/\/)(?:([^:@/]*:).*|.+)@/, (_, scheme, user = "") => `${scheme}${user}***@`);

/** Not an error of commander: commander would print the URL, and a password in it. */
const misuse = (message: string): Failure => new Failure(EXIT.usage.code, message);

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw misuse("A name or a password in a URL has a % that begins no code: write %25.");
  }
}

/** Throws if the client would fail on it with less to say. */
function check({ username, password, pathname }: URL): void {
  decoded(username);
  decoded(password);
  if (!/^(?:\/\d*)?$/.test(pathname)) {
    throw misuse(
      "A URL ends with its host, or with the number of a database: redis://host:6379/1. A / in a password is written as %2F.",
    );
  }
}

/** `redis://user:password@host:6379/0`, `rediss://…` (TLS), `unix://` is not known; `redis-sentinel://…@h1:26379,h2/name/0` or `rediss-sentinel://…`. */
export function parseAddress(url: string): Address {
  const shown = withoutPassword(url);
  if (/^rediss?:\/\//.test(url) && URL.canParse(url)) {
    check(new URL(url));
    return { kind: "server", url, shown };
  }
  const match = /^redis(s?)-sentinel:\/\/(?:([^:@/]*)(?::(.*))?@)?([^/@]+)\/([^/?]+)(?:\/(\d+))?$/.exec(url);
  if (!match) {
    throw misuse(
      "A URL is redis://host:6379, rediss://host:6379 for TLS, or redis-sentinel://host1,host2/name. Special characters in a password are written as codes, such as %2F.",
    );
  }
  const [, tls, username, password, hosts, name, database] = match;
  return {
    kind: "sentinel",
    name: decoded(name!),
    sentinels: hosts!.split(",").map(hostAndPort),
    tls: tls === "s",
    username: username === undefined || username === "" ? undefined : decoded(username),
    password: password === undefined ? undefined : decoded(password),
    database: database === undefined ? undefined : Number(database),
    shown,
  };
}

function hostAndPort(text: string): { host: string; port: number } {
  const [, host, port] = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(text) ?? [];
  if (host === undefined) throw misuse("A Sentinel is named host:port.");
  return { host: host.replace(/^\[|\]$/g, ""), port: port === undefined ? SENTINEL_PORT : Number(port) };
}
