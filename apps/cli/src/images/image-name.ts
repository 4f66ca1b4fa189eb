/** The part of a name before its tag or digest, and that. */
const TAGGED = /^(.*?)[:@]([^/]+)$/;

/** What a person may call a saved image, in the order in which it is looked for. */
export interface NameReadings {
  /** A build's id, where it may be one. */
  readonly buildId?: string | undefined;
  /** Places in the registry: repository, and tag or digest. */
  readonly places: readonly SavedPlace[];
}

/** A place in the server's registry. */
export interface SavedPlace {
  readonly projectId: string;
  /** The project's own, or one below it. */
  readonly repository: string;
  readonly reference: string;
}

/** What names are read by. */
export interface NameSurroundings {
  /** The host that names of saved images begin with. */
  readonly registryHost: string;
  /** The project that is meant where the name names none. */
  readonly projectId: string | undefined;
}

/**
 * Reads what `depot pull` and `depot push` are given: a build's id, a tag of the project, `NAME:TAG` below the project,
 * `PROJECT:TAG`, or a whole reference with the registry's host.
 */
export function readImageName(text: string, { registryHost, projectId }: NameSurroundings): NameReadings {
  const prefix = `${registryHost}/`;
  const isWhole = text.startsWith(prefix);
  const name = isWhole ? text.slice(prefix.length) : text;
  const isPlain = !/[:@/]/.test(name);
  if (isPlain && !isWhole) {
    return { buildId: name, places: projectId === undefined ? [] : [placeOf(projectId, name)] };
  }
  const [, path = name, reference = "latest"] = TAGGED.exec(name) ?? [];
  const asWritten = placeOf(path, reference);
  const below = projectId === undefined || isWhole ? [] : [placeOf(`${projectId}/${path}`, reference)];
  // With a slash it is rather a name below the project; without, rather a project.
  const isBelowFirst = path.includes("/") && !path.startsWith(`${projectId}/`);
  return { places: isBelowFirst ? [...below, asWritten] : [asWritten, ...below] };
}

function placeOf(repository: string, reference: string): SavedPlace {
  return { projectId: repository.split("/", 1)[0] ?? "", repository, reference };
}
