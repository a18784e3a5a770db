export const libraries = ["ioredis", "node-redis"] as const;
export type Library = (typeof libraries)[number];
