type Edits = readonly (readonly [file: string, from: string, to: string])[];

/** Plays seeds with these edits of the core. Resolves with what was broken; with nothing if every promise was kept. */
export function hunt(
  edits: Edits,
  seconds: number,
): Promise<{ readonly seed?: number; readonly scenario?: string; readonly why: string } | undefined>;
