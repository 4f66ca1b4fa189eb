import type { ConnectRouter, Interceptor } from "@connectrpc/connect";
import {
  buildkitV1,
  buildV1,
  cliLoginV1beta1,
  cliProjectsV1beta1,
  cliPushV1,
  cliV1,
  coreBuildV1,
  coreOrganizationV1,
  coreProjectV1,
  coreUsageV1,
  imagesV1,
  registryV1,
} from "@opendepot/api/services";
import type { Metrics } from "../metrics.ts";
import { buildSteps } from "./build-steps.ts";
import { authenticating } from "./caller.ts";
import { cliBuilds } from "./cli-builds.ts";
import { cliProjects } from "./cli-projects.ts";
import { cliPulls } from "./cli-pulls.ts";
import { cliPush } from "./cli-push.ts";
import { cliReports } from "./cli-reports.ts";
import { coreBuilds } from "./core-builds.ts";
import { coreOrganizations } from "./core-organizations.ts";
import { coreProjects } from "./core-projects.ts";
import type { ApiDeps } from "./deps.ts";
import { imageCopies } from "./image-copies.ts";
import { observing } from "./observe.ts";
import { savedImages } from "./saved-images.ts";

/** All services of the wire API. Methods without a handler answer `unimplemented`, as Connect defines it. */
export function createRoutes(deps: ApiDeps): (router: ConnectRouter) => void {
  return (router) => {
    router.service(cliV1.BuildService, { ...cliBuilds(deps), ...cliPulls(deps), ...cliReports(deps) });
    router.service(cliProjectsV1beta1.ProjectsService, cliProjects(deps));
    router.service(coreProjectV1.ProjectService, coreProjects(deps));
    router.service(coreOrganizationV1.OrganizationService, coreOrganizations(deps));
    router.service(coreBuildV1.BuildService, coreBuilds(deps));
    router.service(buildV1.BuildService, buildSteps(deps));
    router.service(cliLoginV1beta1.LoginService, {});
    router.service(cliPushV1.PushService, cliPush(deps));
    router.service(registryV1.RegistryService, savedImages(deps));
    router.service(imagesV1.ImageService, imageCopies(deps));
    router.service(buildkitV1.BuildKitService, {});
    router.service(coreUsageV1.UsageService, {});
  };
}

/** What every call passes, outermost first. */
export function createInterceptors(deps: ApiDeps, metrics: Metrics): Interceptor[] {
  const { tokens, organizations, projects } = deps.stores;
  return [observing(deps.logger, metrics), authenticating({ tokens, organizations, projects, clock: deps.clock })];
}
