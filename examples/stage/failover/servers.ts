/** A primary that was killed, and its successor. */
export interface Failover {
  /** The server that was killed. */
  readonly killed: string;
  /** Resolves with the server that has taken over, as soon as the other servers name it. */
  readonly replaced: Promise<string>;
}

/** The servers of a play. Leaving their `await using` block ends those that were started. */
export interface Servers<Address> extends AsyncDisposable {
  /** Where clients find them. */
  readonly address: Address;
  /** The address in words, without a password. */
  readonly place: string;
  /** `kill -9` of the primary that has the key. Absent for the caller's own servers. */
  readonly killPrimaryOf?: (key: string) => Promise<Failover>;
  /** The command that fails over the caller's own primary. */
  readonly advice?: string;
}

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** How to log in to the caller's servers. */
export interface Login {
  readonly username?: string;
  readonly password?: string;
}

/** Reads the login from the environment: everybody could see a password among the arguments of a process. */
export function loginOf({ REDIS_USERNAME, REDIS_PASSWORD }: NodeJS.ProcessEnv): Login {
  return { ...(REDIS_USERNAME && { username: REDIS_USERNAME }), ...(REDIS_PASSWORD && { password: REDIS_PASSWORD }) };
}
