import { type RedisServer, startCluster } from "@distlock/testing";
import { afterAll } from "vitest";
import { clusterClients, newestOf } from "../support/clients";
import { refuseUnhandledRejections } from "../support/unhandled";
import { TAG, testFailover } from "./failover";

const cluster = await startCluster({ nodeTimeout: 1_500 });

refuseUnhandledRejections();
afterAll(() => cluster.stop());

/** Gets over the loss of the primary by itself, or by the command on its replica. */
const losing = (signal: "SIGKILL" | "SIGSTOP", how?: "FORCE" | "TAKEOVER") => async (primary: RedisServer) => {
  await primary.signal(signal);
  if (how) await cluster.failover(TAG, how);
  await cluster.stable();
};

testFailover(
  { kind: "Cluster", topology: cluster, clients: newestOf(clusterClients), primary: () => cluster.primary(TAG) },
  [
    { what: "kill -9 of the primary", fail: losing("SIGKILL") },
    { what: "a frozen primary", fail: losing("SIGSTOP") },
    { what: "CLUSTER FAILOVER", fail: () => cluster.failover(TAG) },
    { what: "CLUSTER FAILOVER FORCE", fail: () => cluster.failover(TAG, "FORCE") },
    { what: "CLUSTER FAILOVER FORCE, the primary frozen", fail: losing("SIGSTOP", "FORCE") },
    { what: "CLUSTER FAILOVER TAKEOVER", fail: () => cluster.failover(TAG, "TAKEOVER") },
    { what: "CLUSTER FAILOVER TAKEOVER, the primary dead", fail: losing("SIGKILL", "TAKEOVER") },
    { what: "moving the slot", fail: () => cluster.move(TAG) },
    {
      what: "moving the slot, slowly",
      fail: (_, held) =>
        cluster.move(TAG, async () => {
          for (let round = 0; round < 3; round++) await held.extended();
          await held.answered();
          await held.extended();
        }),
    },
  ],
);
