import type { GiveUpToken } from "../give-up-token";

/** Tokens that were in a queue, and were released or given up since. */
interface RetiredTokens {
  /** Remembers that the token no longer wants the key. `fence` is the fence of its lock, or 0 if it never had one. */
  add(key: string, token: string, fence: number): void;
  /** The token was granted a lock with this fence. */
  granted(token: string, fence: number): void;
  clear(): void;
}

/** How many retired tokens are remembered. If an older one is granted, the other waiters wait out its claim. */
const MAX_RETIRED = 1_000;

/**
 * Releases a lock at once if a retired token is granted it: by an old queue, which a failover brought back. A late copy
 * of the token's own grant has the fence of its lock, and is ignored.
 */
export function createRetiredTokens(giveUpToken: GiveUpToken): RetiredTokens {
  const tokens = new Map<string, { readonly keys: readonly string[]; readonly fence: number }>();
  return {
    add(key, token, fence) {
      const known = tokens.get(token);
      tokens.set(token, { keys: [...(known?.keys ?? []), key], fence: Math.max(known?.fence ?? 0, fence) });
      for (const oldest of tokens.keys()) {
        if (tokens.size <= MAX_RETIRED) break;
        tokens.delete(oldest);
      }
    },

    granted(token, fence) {
      const known = tokens.get(token);
      if (known && fence > known.fence)
        for (const key of known.keys) void giveUpToken(key, token, { tombstone: false });
    },

    clear: () => tokens.clear(),
  };
}
