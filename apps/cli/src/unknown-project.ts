import { nearest, Problem } from "@opendepot/base";

/** A project as listings show it. */
export interface KnownProject {
  readonly id?: string;
  readonly name?: string;
}

/** At most so many projects are listed in a hint. */
const MAX_LISTED = 10;

/**
 * A project that the server does not know, with those that it does.
 * A name in place of an ID is the usual mistake, so names are searched too.
 */
export function unknownProject(id: string, projects: readonly KnownProject[]): Problem<"project_unknown"> {
  const byName = projects.find((project) => project.name === id);
  const close = nearest(
    id,
    projects.flatMap((project) => project.id ?? []),
  );
  const list = projects.slice(0, MAX_LISTED).map((project) => `${project.id} (${project.name})`);
  const more = projects.length > MAX_LISTED ? ", … (depot list projects shows all)" : "";
  const hint = byName
    ? `that is a name; its ID is ${byName.id}`
    : close
      ? `did you mean ${close}?`
      : projects.length === 0
        ? "there are no projects yet: create one with depot projects create NAME"
        : `projects are ${list.join(", ")}${more}`;
  return new Problem("project_unknown", `no project with the ID ${JSON.stringify(id)}`, {
    hint,
    detail: { projectId: id },
  });
}
