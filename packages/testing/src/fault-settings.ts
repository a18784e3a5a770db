import type { Passage } from "./pipe";

/**
 * The network between a client and a server.
 *
 * pass   everything goes through, held data first
 * delay  everything comes late, in order
 * hold   a black hole: nothing goes through, not even the end of a connection; sent data is kept until it may pass
 * drop   sent data is thrown away; only connections that listen can be used afterwards
 * cut    connections are reset, new ones too
 */
export type FaultMode = Passage | "cut";

/** Connections that have subscribed (`"messages"`), or that have not (`"commands"`). */
export type FaultLinks = "commands" | "messages";

export interface FaultOptions {
  /** `delay`, `hold`, `drop`: the way on which this happens; the other one passes. Default `"toClient"`. */
  readonly way?: "toClient" | "toServer" | "both";
  /** Only these connections; the others stay as they are. Default: all. */
  readonly links?: FaultLinks;
  /** `delay`: the shortest and the longest, in ms, new for each piece of data. Default 50 and 50. */
  readonly delay?: readonly [shortest: number, longest: number];
}

export type Way = "toClient" | "toServer";

/** What happens to the connections of each kind. */
export interface FaultSettings {
  isCut(kind: FaultLinks): boolean;
  passage(kind: FaultLinks, way: Way): Passage;
  /** For the next piece of data, in ms. */
  delay(kind: FaultLinks): number;
  set(mode: FaultMode, options: FaultOptions): void;
}

interface Setting {
  readonly mode: FaultMode;
  readonly way: Way | "both";
  readonly delay: readonly [shortest: number, longest: number];
}

export const kindsOf = (links: FaultLinks | undefined): readonly FaultLinks[] =>
  links === undefined ? ["commands", "messages"] : [links];

/** At first everything passes. */
export function createFaultSettings(): FaultSettings {
  const passing: Setting = { mode: "pass", way: "both", delay: [0, 0] };
  const settings: Record<FaultLinks, Setting> = { commands: passing, messages: passing };
  return {
    isCut: (kind) => settings[kind].mode === "cut",
    passage(kind, way) {
      const setting = settings[kind];
      return setting.mode === "cut" || (setting.way !== way && setting.way !== "both") ? "pass" : setting.mode;
    },
    delay(kind) {
      const [shortest, longest] = settings[kind].delay;
      return shortest + Math.random() * (longest - shortest);
    },
    set(mode, { way = "toClient", links, delay = [50, 50] }) {
      for (const kind of kindsOf(links)) settings[kind] = { mode, way, delay };
    },
  };
}
