import type {
  Attestation,
  Attestations,
  InTotoSubject,
  Ref,
  Result,
} from "../gen/moby/buildkit/v1/frontend/gateway.ts";
import type { Definition } from "../gen/pb/ops.ts";
import type { Init } from "../wire/message.ts";

/** A file tree that the engine has built or will build when it is needed. Valid until its build is over. */
export interface GatewayRef {
  readonly id: string;
  /** The LLB that makes it: input for another solve, also one of another build on the same engine. */
  readonly definition: Definition | undefined;
}

/** A statement on a part of a result: provenance, a bill of materials. BuildKit: solver/result/attestation.go. */
export interface GatewayAttestation {
  /** `AttestationKind`: 0 for a single in-toto predicate, 1 for a folder of them. */
  readonly kind: number;
  readonly metadata: Readonly<Record<string, Uint8Array>>;
  /** Where the file `path` is; without one, its content is still to be made by the engine. */
  readonly ref: GatewayRef | undefined;
  readonly path: string;
  readonly predicateType: string;
  readonly subjects: readonly InTotoSubject[];
}

/**
 * What a solve came to: `ref` for one platform, `refs` by platform (`linux/amd64`) for several. A ref that is missing
 * stands for an empty file tree.
 */
export interface GatewayResult {
  readonly ref?: GatewayRef | undefined;
  readonly refs?: Readonly<Record<string, GatewayRef | undefined>> | undefined;
  /** For instance `containerimage.config`, with `/<platform>` behind it for several; `refs.platforms`. */
  readonly metadata: Readonly<Record<string, Uint8Array>>;
  /** By platform. */
  readonly attestations?: Readonly<Record<string, readonly GatewayAttestation[]>> | undefined;
}

/** All refs of a result, attestations left out. */
export function refsOf(result: GatewayResult): GatewayRef[] {
  return [result.ref, ...Object.values(result.refs ?? {})].filter((ref) => ref !== undefined);
}

/** Reads what the engine answered, also in the two forms that older ones use. */
export function fromWireResult(result: Result): GatewayResult {
  const { metadata, attestations } = result;
  return {
    metadata,
    ...refsFromWire(result),
    attestations: mapRecord(attestations, ({ attestation }) => attestation.map(fromWireAttestation)),
  };
}

/** The result in the form that an engine with the capability `proto.refarray` takes. */
export function toWireResult({ ref, refs, metadata, attestations = {} }: GatewayResult): Init<Result> {
  return {
    metadata,
    attestations: mapRecord(attestations, toWireAttestations),
    ...(refs ? { refs: { refs: mapRecord(refs, toWireRef) } } : { ref: toWireRef(ref) }),
  };
}

function refsFromWire(result: Result): Pick<GatewayResult, "ref" | "refs"> {
  if (result.refs) return { refs: mapRecord(result.refs.refs, fromWireRef) };
  if (result.refsDeprecated) return { refs: mapRecord(result.refsDeprecated.refs, (id) => fromWireRef({ id })) };
  return { ref: fromWireRef(result.ref ?? { id: result.refDeprecated ?? "" }) };
}

function fromWireRef({ id, def }: Ref): GatewayRef | undefined {
  return id === "" ? undefined : { id, definition: def };
}

function toWireRef(ref: GatewayRef | undefined): Init<Ref> {
  return ref ? { id: ref.id, def: ref.definition } : {};
}

function fromWireAttestation(attestation: Attestation): GatewayAttestation {
  const { kind, metadata, ref, path, inTotoPredicateType, inTotoSubjects } = attestation;
  return {
    ...{ kind, metadata, path },
    ref: ref && fromWireRef(ref),
    predicateType: inTotoPredicateType,
    subjects: inTotoSubjects,
  };
}

function toWireAttestations(attestations: readonly GatewayAttestation[]): Init<Attestations> {
  return {
    attestation: attestations.map(({ kind, metadata, ref, path, predicateType, subjects }) => ({
      ...{ kind, metadata, path },
      ref: toWireRef(ref),
      inTotoPredicateType: predicateType,
      inTotoSubjects: subjects,
    })),
  };
}

/** Keys are the peer's: the result has no prototype that one of them could reach. */
function mapRecord<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  const changed: Record<string, U> = Object.create(null);
  for (const [key, value] of Object.entries(record)) changed[key] = change(value);
  return changed;
}
