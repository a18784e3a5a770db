/** A way to break a package: see the comment in mutations.mjs. */
export interface Mutation {
  readonly rule: string;
  readonly tests?: readonly string[];
  readonly edits: readonly (readonly [file: string, from: string, to: string])[];
}

export declare const mutations: Readonly<Record<string, Mutation>>;
