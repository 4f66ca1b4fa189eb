import type { SessionService } from "./service.ts";

/** `HealthCheckResponse{status: SERVING}` of grpc/grpc src/proto/grpc/health/v1/health.proto. */
const SERVING: Uint8Array = Uint8Array.of(0x08, 0x01);

/** Answers the engine's question whether the session is alive; it asks every 5 s and ends sessions that do not answer. */
export const healthService: SessionService = {
  name: "grpc.health.v1.Health",
  methods: {
    Check: (call) => call.send(SERVING),
  },
};
