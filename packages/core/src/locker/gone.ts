import type { Undo } from "./undo";

/** Tokens that waited and were released or given up since. */
export interface Gone {
  /** A grant of the token with a fence above this one, that of its lock or 0, is passed on. */
  add(key: string, token: string, fence: number): void;
  granted(token: string, fence: number): void;
  clear(): void;
}

/** How many are remembered. A grant to an older one costs the others its claim. */
const MOST = 1_000;

/** Passes on what a queue of the past grants, to which a failover has led back; not a token's own grant, told late. */
export function createGone(undo: Undo): Gone {
  const tokens = new Map<string, { readonly keys: readonly string[]; readonly fence: number }>();
  return {
    add(key, token, fence) {
      const known = tokens.get(token);
      tokens.set(token, { keys: [...(known?.keys ?? []), key], fence: Math.max(known?.fence ?? 0, fence) });
      for (const oldest of tokens.keys()) {
        if (tokens.size <= MOST) break;
        tokens.delete(oldest);
      }
    },

    granted(token, fence) {
      const known = tokens.get(token);
      if (known && fence > known.fence) for (const key of known.keys) void undo(key, token, { refuse: false });
    },

    clear: () => tokens.clear(),
  };
}
