import { work } from "@distlock-examples/stage/failover/worker";
import { ioredisLocker, nodeRedisLocker } from "./cluster";

work({ ioredis: ioredisLocker, "node-redis": nodeRedisLocker });
