import type { Event } from "../event";

export type Kind<W extends Event["what"]> = Extract<Event, { what: W }>;

/** One lock, from the grant on. */
export interface Holding extends Kind<"granted"> {
  readonly calledAt: number;
  /** The last time at which it was certainly believed to be held. */
  believedUntil: number;
  /** When it was released, found lost, or its process killed; `Infinity` if none of that is known. */
  endedAt: number;
  lostAt: number | undefined;
  readonly looks: number[];
  /** Redis lost data after it granted this lock, while it was held. */
  robbed: boolean;
  /** Until when Redis may keep the lease, as far as its holder could know at a time. */
  boundAt(time: number): number;
  /** Until when the holder certainly keeps it, according to the answers that it got. */
  promisedAt(time: number): number;
}

export interface Digest {
  readonly history: readonly Event[];
  of<W extends Event["what"]>(what: W): readonly Kind<W>[];
  readonly holdings: ReadonlyMap<string, Holding>;
  /** In the order of their grants. */
  readonly byKey: ReadonlyMap<string, readonly Holding[]>;
}

/** Returns a sentence for each thing that must not have happened. */
export type Check = (digest: Digest) => Iterable<string>;

/** Clocks and rounding. */
const CLOSE = 5;

export function group<T>(list: readonly T[], keyOf: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of list) {
    const mates = groups.get(keyOf(one));
    if (mates) mates.push(one);
    else groups.set(keyOf(one), [one]);
  }
  return groups;
}

/** Puts a history in order for the checks. */
export function digest(history: readonly Event[]): Digest {
  const kinds = group(history, ({ what }) => what);
  const of = <W extends Event["what"]>(what: W) => (kinds.get(what) ?? []) as unknown as readonly Kind<W>[];
  const calledAt = new Map(of("calls").map(({ worker, call, at }) => [`${worker} ${call}`, at]));
  const asks = new Map(of("asks").map(({ id, at }) => [id, at]));
  const answers = group(of("answered"), ({ id }) => id);
  const told = group(
    history.filter(
      (event): event is Kind<"answered" | "pushed"> => event.what === "answered" || event.what === "pushed",
    ),
    ({ id }) => id,
  );
  const killed = new Map(of("killed").map(({ worker, at }) => [worker, at]));
  const forgot = of("forgot");
  const mintedAt = new Map(of("minted").map(({ id, fence, at }) => [`${id} ${fence}`, at]));
  const [began] = of("began");
  const drift = began?.drift ?? 0;

  const latest = (times: readonly number[]) => Math.max(Number.NEGATIVE_INFINITY, ...times);

  /** What a holder certainly counts on, of a lease of `ttl` ms. */
  const sureOf = (ttl: number) => ttl * (0.99 - drift) - 2;

  /**
   * Until when the lease of a token may last, according to the replies and messages that its process received by a time; with
   * `sureOf`, until when it certainly lasts.
   */
  function boundAt(id: string, time: number, lengthOf = (ttl: number) => ttl): number {
    let bound = Number.NEGATIVE_INFINITY;
    // The hand-over came after the last request that the server answered: the claim counts from when this request was sent.
    let heard = asks.get(id) ?? Number.NEGATIVE_INFINITY;
    for (const event of told.get(id) ?? []) {
      if (event.at > time) break;
      if (event.what === "pushed") bound = Math.max(bound, heard + lengthOf(event.ttl));
      else {
        heard = Math.max(heard, event.sent);
        if (event.reply !== "queued") bound = Math.max(bound, event.sent + lengthOf(event.ttl));
      }
    }
    return bound;
  }

  function promisedAt(id: string, time: number): number {
    const leases = (answers.get(id) ?? []).filter(({ at, reply }) => at < time && /granted|extended/.test(reply));
    // A reply that comes when the lease is over by the holder's clock makes it no longer.
    const counts = ({ at }: { readonly at: number }): boolean => {
      const before = boundAt(id, at - 0.001, sureOf);
      return before === Number.NEGATIVE_INFINITY || at < before;
    };
    return latest(leases.filter(counts).map(({ sent, ttl }) => sent + sureOf(ttl)));
  }

  const holdings = new Map<string, Holding>();
  for (const granted of of("granted")) {
    holdings.set(granted.id, {
      ...granted,
      calledAt: calledAt.get(`${granted.worker} ${granted.call}`) ?? granted.at,
      believedUntil: granted.at,
      endedAt: killed.get(granted.worker) ?? Number.POSITIVE_INFINITY,
      lostAt: undefined,
      looks: [],
      robbed: false,
      boundAt: (time) => boundAt(granted.id, time),
      promisedAt: (time) => promisedAt(granted.id, time),
    });
  }
  for (const event of history) {
    if (event.what === "looks") {
      for (const id of event.held) {
        const holding = holdings.get(id)!;
        holding.looks.push(event.at);
        holding.believedUntil = Math.max(holding.believedUntil, event.at);
      }
    }
    if (event.what !== "lost" && event.what !== "releases") continue;
    const holding = holdings.get(event.id)!;
    holding.endedAt = Math.min(holding.endedAt, event.at);
    if (event.what === "lost") holding.lostAt ??= event.at;
  }
  for (const holding of holdings.values()) {
    // A fence is the server's time in µs, so it shows when the lock was granted, unless the server itself recorded that.
    const byFence = began ? holding.fence / 1_000 - began.wall + began.at : holding.calledAt;
    const grantedAt = mintedAt.get(`${holding.id} ${holding.fence}`) ?? byFence;
    const until = Math.max(holding.believedUntil, Math.min(holding.endedAt, holding.boundAt(holding.endedAt)));
    // A token that was forced out may be granted anew when it is no longer remembered: the message may then come late.
    const askedAt = asks.get(holding.id) ?? grantedAt;
    holding.robbed = forgot.some(({ at, to, key }) =>
      key === undefined
        ? grantedAt - CLOSE < to && at <= until
        : key === holding.key && askedAt - CLOSE < to && at <= until,
    );
  }
  return { history, of, holdings, byKey: group([...holdings.values()], ({ key }) => key) };
}
