/** Where a request names what it belongs to: field numbers of its message. */
export interface RequestShape {
  /** The solve that the request starts or asks about. */
  readonly ref?: number;
  /** Sessions that the engine shall use. */
  readonly sessions?: readonly number[];
  /** A map of frontend attributes; those with `local-sessionid:` name sessions too. */
  readonly attributes?: number;
  readonly entitlements?: number;
  /** Ways, by field numbers, to the maps of attributes for exporters and cache exporters. */
  readonly exports?: readonly (readonly number[])[];
}

/** Fields of SolveRequest (BuildKit api/services/control/control.proto). */
const SOLVE: RequestShape = {
  ref: 1,
  sessions: [5, 15],
  attributes: 7,
  entitlements: 9,
  exports: [[4], [13, 2], [8, 3], [8, 4, 2]],
};

/**
 * What is checked before a call may pass.
 *
 * - `open`: nothing; the call cannot touch another build.
 * - `session`: the session id in its headers becomes this build's.
 * - `solve`: its ref becomes this build's; its sessions must be.
 * - `status`: its ref must be this build's.
 * - `bridge`: the solve in its headers must be this build's; with `shape`, the sessions in its request too.
 * - `swallow`: answered with an empty message and not passed on.
 */
export type CallRule =
  | { readonly kind: "open" }
  | { readonly kind: "session" }
  | { readonly kind: "solve"; readonly shape: RequestShape }
  | { readonly kind: "status"; readonly shape: RequestShape }
  | { readonly kind: "bridge"; readonly shape?: RequestShape }
  | { readonly kind: "swallow" };

/** Names a session: header of Control.Session (BuildKit session/grpc.go). */
export const SESSION_ID_HEADER = "x-docker-expose-session-uuid";
/** Names the solve that a gateway-API call belongs to (BuildKit client/buildid/metadata.go). */
export const BUILD_REF_HEADER = "buildkit-controlapi-buildid";
/** Frontend attributes that name a session for one local source (BuildKit frontend/dockerui/config.go). */
export const LOCAL_SESSION_PREFIX = "local-sessionid:";

const CONTROL = "/moby.buildkit.v1.Control/";
const BRIDGE = "/moby.buildkit.v1.frontend.LLBBridge/";
const CONTENT = "/containerd.services.content.v1.Content/";
const HEALTH = "/grpc.health.v1.Health/";

const OPEN: CallRule = { kind: "open" };
const BRIDGE_CALL: CallRule = { kind: "bridge" };

/**
 * Everything that a build may call, by exact path. Whatever is missing is refused, also what future engines add.
 *
 * Content is open because an engine serves one project only, and blobs are named by their digests.
 * A frontend that runs inside the engine is not seen here: that engines keep builds apart by unguessable refs and
 * session ids remains their own protection; these rules hold for what clients ask for.
 */
const RULES: ReadonlyMap<string, CallRule> = new Map<string, CallRule>([
  [`${CONTROL}Solve`, { kind: "solve", shape: SOLVE }],
  [`${CONTROL}Status`, { kind: "status", shape: { ref: 1 } }],
  // The engine's record of a solve; naming one's own is the only way to read any.
  [`${CONTROL}ListenBuildHistory`, { kind: "status", shape: { ref: 2 } }],
  [`${CONTROL}Session`, { kind: "session" }],
  [`${CONTROL}ListWorkers`, OPEN],
  [`${CONTROL}Info`, OPEN],
  [`${BRIDGE}Solve`, { kind: "bridge", shape: { attributes: 3 } }],
  [`${BRIDGE}ResolveImageConfig`, { kind: "bridge", shape: { sessions: [6] } }],
  ...[
    "ResolveSourceMeta",
    "ReadFile",
    "ReadDir",
    "StatFile",
    "Evaluate",
    "Ping",
    "Return",
    "Inputs",
    "NewContainer",
    "ReleaseContainer",
    "ExecProcess",
    "ReadFileContainer",
    "ReadDirContainer",
    "StatFileContainer",
    "Warn",
  ].map((method): [string, CallRule] => [BRIDGE + method, BRIDGE_CALL]),
  [`${CONTENT}Info`, OPEN],
  [`${CONTENT}Read`, OPEN],
  [`${HEALTH}Check`, OPEN],
  [`${HEALTH}Watch`, OPEN],
  // Clients report their own traces to whatever they are connected to; refusing that would only be noise for them.
  ["/opentelemetry.proto.collector.trace.v1.TraceService/Export", { kind: "swallow" }],
]);

/** The rule for a call, or undefined when no build may make it. */
export function ruleOf(path: string): CallRule | undefined {
  return RULES.get(path);
}
