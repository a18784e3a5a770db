import { clients } from "../support/clients";
import "../support/oldest-and-newest"; // which loads these clients before a scenario begins

/** One for each locker of a world, in turns. */
export const connects = ["ioredis 6.0.0", "redis 6.3.1", "ioredis 5.3.0"].map((version) => clients[version]!);
