import { type Session, sessionKey } from "../../support/session-key";
import { type CallOptions, resolveCallOptions } from "../../turn/call-options";
import type { HowToHold } from "../../turn/turn-options";

/** How the lock of a run is waited for and held; all times are in ms. */
export interface RunOptions extends CallOptions {
  /**
   * The conversation of a run, by its config: the config of the call over the config of the runnable. The default is a part of
   * `configurable`, which each adapter names.
   */
  session?: ((config: { readonly configurable: Readonly<Record<string, unknown>> }) => Session) | undefined;
  /** The key of a session's lock: a different one for each. Default `sessionKey`. */
  key?: ((session: Session) => string) | undefined;
}

export interface ResolvedRunOptions {
  readonly session: NonNullable<RunOptions["session"]>;
  readonly key: (session: Session) => string;
  readonly how: HowToHold;
}

/** The conversation of a run that names it by this part of `configurable`. */
const sessionBy =
  (id: string): ResolvedRunOptions["session"] =>
  ({ configurable }) => {
    const given = configurable[id];
    if (typeof given === "string" && given !== "") return given;
    throw new TypeError(`config.configurable.${id} must be a string, and not empty: it names the conversation to lock`);
  };

/** The one place for defaults and validation. Throws `TypeError` or `RangeError`. */
export function resolveRunOptions(options: RunOptions, id: string): ResolvedRunOptions {
  if (typeof options !== "object" || options === null) throw new TypeError("options must be an object");
  const { session = sessionBy(id), key = sessionKey, ...rest } = options;
  if (typeof session !== "function")
    throw new TypeError(`session must be a function of the config, got ${typeof session}`);
  if (typeof key !== "function") throw new TypeError(`key must be a function of the session, got ${typeof key}`);
  return { session, key, how: resolveCallOptions(rest) };
}
