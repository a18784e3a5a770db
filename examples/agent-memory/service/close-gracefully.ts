import type { FastifyInstance } from "fastify";

/**
 * Has `app.close()` wait for all requests to be answered, but for no connection: neither one that has just got its answer,
 * nor one that no request was sent on.
 */
export function closeGracefully(app: FastifyInstance): { readonly draining: boolean } {
  let draining = false;
  let running = 0;
  function endConnections(): void {
    if (draining && running === 0) app.server.closeAllConnections();
  }
  app.addHook("onRequest", async (_, reply) => {
    running++;
    reply.raw.once("close", () => {
      running--;
      endConnections();
    });
  });
  app.addHook("preClose", async () => {
    draining = true;
    endConnections();
  });
  return {
    get draining() {
      return draining;
    },
  };
}
