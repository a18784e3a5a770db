/** The fields of a text such as the reply of INFO. Empty if Redis refused the command. */
export type Fields = ReadonlyMap<string, string>;

/** A clock of another machine, compared with ours. */
export interface Reading {
  /** How far it is ahead of our clock, in ms; negative if it is behind. */
  readonly ahead: number;
  /** How wrong `ahead` can be, in ms. */
  readonly error: number;
}

export interface ReplicaFacts {
  readonly address: string;
  /** As the primary sees it: `online` if it follows. */
  readonly state: string;
  /** Undefined if the replica did not answer us. */
  readonly clock: Reading | undefined;
}

/** What was tried with the rights of the user. */
export interface Rights {
  /** The name of the keys that it was tried with. */
  readonly key: string;
  /** Commands that Redis refused. */
  readonly refused: readonly string[];
  /** Whether Redis refused the name of the key. Then nothing else is known. */
  readonly foreignKey: boolean;
  /** Why Redis did not run the script that tries the commands, if that has nothing to do with rights. */
  readonly untried: string | undefined;
}

/** Undefined: all is well. Otherwise what went wrong. */
export type Problem = string | undefined;

/** A primary, as the checks see it. Gathered once. */
export interface NodeFacts {
  readonly address: string;
  readonly info: Fields;
  /** The replies of CONFIG GET. */
  readonly settings: Fields;
  /** The reply of CLUSTER INFO; undefined for a server that is not in a Cluster. */
  readonly cluster: Fields | undefined;
  readonly clock: Reading | undefined;
  /** The median of some round trips, in ms. */
  readonly roundTrip: number;
  readonly replicas: readonly ReplicaFacts[];
  /** Undefined if no key of the trial can be on this node. */
  readonly rights: Rights | undefined;
  /** Undefined if it was not tried. */
  readonly trial: { readonly messages: Problem; readonly lock: Problem } | undefined;
}
