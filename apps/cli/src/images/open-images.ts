import type { Invocation } from "@opendepot/command";
import type { CliContext } from "../cli-context.ts";
import { registryHostOf } from "../run/saving.ts";
import { openServer, type Server } from "../server.ts";
import { findProject, resolveProject } from "../settings/project.ts";

/** What commands for saved images work with. */
export interface ImageCommand extends AsyncDisposable {
  readonly server: Server;
  readonly context: CliContext;
  readonly projectId: string | undefined;
  /** What names of saved images begin with. */
  readonly registryHost: string;
}

/** The server and, where something names one, the project; the caller disposes of it. */
export async function openImages(invocation: Invocation, context: CliContext): Promise<ImageCommand> {
  const project = await findProject(sourcesOf(invocation, context));
  if (project?.warning) context.terminal.warn(project.warning);
  return await open(invocation, context, project?.id);
}

/**
 * Like {@link openImages}, for commands that need a project.
 *
 * @throws {Problem} `project_missing`
 */
export async function openProjectImages(
  invocation: Invocation,
  context: CliContext,
): Promise<ImageCommand & { readonly projectId: string }> {
  const project = await resolveProject(sourcesOf(invocation, context));
  if (project.warning) context.terminal.warn(project.warning);
  return { ...(await open(invocation, context, project.id)), projectId: project.id };
}

function sourcesOf(invocation: Invocation, { environment, cwd }: CliContext): Parameters<typeof findProject>[0] {
  return { flag: invocation.text("project"), environment, folders: [cwd] };
}

async function open(invocation: Invocation, context: CliContext, projectId: string | undefined): Promise<ImageCommand> {
  const server = await openServer(context, invocation.text("token"));
  return {
    ...{ server, context, projectId, registryHost: registryHostOf(server.url) },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
