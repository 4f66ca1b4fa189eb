import { type ErrorFacts, readErrorDetails } from "./error-details.ts";
import { GrpcError } from "./rpc/grpc-error.ts";

/**
 * A solve that the engine ended with an error: the build itself failed, or the engine refused it.
 *
 * The message is BuildKit's own text; {@link SolveError.facts} tells what failed and where in the Dockerfile.
 */
export class SolveError extends GrpcError {
  override name = "SolveError";
  readonly facts: ErrorFacts;

  constructor(error: GrpcError, message: string = error.message) {
    super(error.code, message, { details: error.details, cause: error });
    this.facts = readErrorDetails(error.details);
  }
}
