/** How a turn of the memory bench is taken: its work is a load and a save of `RedisMemory`. */
export interface MemoryMode {
  readonly name: string;
  readonly client: "ioredis" | "node-redis";
  /** Whether it is a turn of `LockedMemory`, or the work alone. */
  readonly locked: boolean;
}

/** In the order of the tables. */
export const memoryModes = {
  "turns-ioredis": { name: "turns", client: "ioredis", locked: true },
  "turns-node-redis": { name: "turns", client: "node-redis", locked: true },
  "unlocked-ioredis": { name: "no locks", client: "ioredis", locked: false },
  "unlocked-node-redis": { name: "no locks", client: "node-redis", locked: false },
} as const satisfies Record<string, MemoryMode>;

export type MemoryModeId = keyof typeof memoryModes;
export const memoryModeIds = Object.keys(memoryModes) as MemoryModeId[];

/** The same work without locks, with which turns are compared. */
export const unlockedOf = (id: MemoryModeId): MemoryModeId => `unlocked-${memoryModes[id].client}`;

export const titleOfMode = (id: MemoryModeId): string => `${memoryModes[id].name} (${memoryModes[id].client})`;
