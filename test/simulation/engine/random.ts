import { createRandom, type Random } from "../../faults/random";

/** A hash of a text (FNV-1a), below 2^31. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 1;
}

/**
 * The random numbers of one part of a simulation, by its name. Each part has its own numbers: when a search for a smaller run takes
 * a part away, nothing changes for the others.
 */
export const randomOf = (seed: number, name: string): Random => createRandom(hashOf(`${seed} ${name}`));

const WHOLE = 2 ** 30;

/** A number from `from` up to `to`. */
export const between = (random: Random, from: number, to: number): number =>
  from + ((to - from) * random.int(0, WHOLE - 1)) / WHOLE;
