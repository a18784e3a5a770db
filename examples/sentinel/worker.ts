import { work } from "@distlock-examples/stage/failover/worker";
import { ioredisLocker, nodeRedisLocker } from "./sentinel";

work({ ioredis: ioredisLocker, "node-redis": nodeRedisLocker });
