import { coreProjectV1 } from "@opendepot/api/services";
import type { BuilderProvider } from "@opendepot/builder";
import type { TestServer } from "./test-server.ts";

/** Creates a project through the API, as the admin. */
export async function createTestProject(
  server: TestServer<BuilderProvider>,
  name = "app",
): Promise<{ readonly projectId: string }> {
  const { project } = await server.client(coreProjectV1.ProjectService).createProject({ name });
  return { projectId: project?.projectId ?? "" };
}
