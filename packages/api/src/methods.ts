import type {
  DeleteImageRequestJson,
  DeleteImageResponseJson,
  ListImagesRequestJson,
  ListImagesResponseJson,
} from "./gen/depot/build/v1/registry_pb.js";
import type {
  CreateBuildRequestJson,
  CreateBuildResponseJson,
  FinishBuildRequestJson,
  FinishBuildResponseJson,
  GetBuildKitConnectionRequestJson,
  GetBuildKitConnectionResponseJson,
  GetBuildRequestJson,
  GetBuildResponseJson,
  GetPullInfoRequestJson,
  GetPullInfoResponseJson,
  GetPullTokenRequestJson,
  GetPullTokenResponseJson,
  ListBuildsRequestJson,
  ListBuildsResponseJson,
  ReportBuildHealthRequestJson,
  ReportBuildHealthResponseJson,
  ReportStatusRequestJson,
  ReportStatusResponseJson,
} from "./gen/depot/cli/v1/build_pb.js";
import type {
  FinishPushRequestJson,
  FinishPushResponseJson,
  StartPushRequestJson,
  StartPushResponseJson,
} from "./gen/depot/cli/v1/push_pb.js";
import type {
  ListProjectsRequestJson,
  ListProjectsResponseJson,
  ResetProjectCacheRequestJson,
  ResetProjectCacheResponseJson,
} from "./gen/depot/cli/v1beta1/projects_pb.js";
import type {
  ListOrganizationResponseJson,
  ListOrganizationsRequestJson,
} from "./gen/depot/core/v1/organization_pb.js";
import type {
  CreateProjectRequestJson,
  CreateProjectResponseJson,
  DeleteProjectRequestJson,
  DeleteProjectResponseJson,
  GetProjectRequestJson,
  GetProjectResponseJson,
  UpdateProjectRequestJson,
  UpdateProjectResponseJson,
} from "./gen/depot/core/v1/project_pb.js";
import type { CopyImageRequestJson, CopyImageResponseJson } from "./gen/opendepot/v1/images_pb.js";

/** A unary method as the lean client calls it: protobuf's JSON form in and out. */
export interface ApiMethod<Request, Response> {
  /** `/<package.Service>/<Method>` */
  readonly path: string;
  /** Carry the types for the compiler only. */
  readonly request?: Request;
  readonly response?: Response;
}

/** A method whose answer is a stream. */
export interface ApiStreamMethod<Request, Response> extends ApiMethod<Request, Response> {
  readonly answers: "stream";
}

function method<Request, Response>(path: string): ApiMethod<Request, Response> {
  return { path };
}

/** `depot.cli.v1.BuildService`: the life of a build. */
export const BuildApi: {
  readonly createBuild: ApiMethod<CreateBuildRequestJson, CreateBuildResponseJson>;
  readonly getBuild: ApiMethod<GetBuildRequestJson, GetBuildResponseJson>;
  readonly getBuildKitConnection: ApiMethod<GetBuildKitConnectionRequestJson, GetBuildKitConnectionResponseJson>;
  readonly reportBuildHealth: ApiMethod<ReportBuildHealthRequestJson, ReportBuildHealthResponseJson>;
  readonly reportStatus: ApiMethod<ReportStatusRequestJson, ReportStatusResponseJson>;
  readonly finishBuild: ApiMethod<FinishBuildRequestJson, FinishBuildResponseJson>;
  readonly listBuilds: ApiMethod<ListBuildsRequestJson, ListBuildsResponseJson>;
  readonly getPullInfo: ApiMethod<GetPullInfoRequestJson, GetPullInfoResponseJson>;
  readonly getPullToken: ApiMethod<GetPullTokenRequestJson, GetPullTokenResponseJson>;
} = {
  createBuild: method("/depot.cli.v1.BuildService/CreateBuild"),
  getBuild: method("/depot.cli.v1.BuildService/GetBuild"),
  getBuildKitConnection: method("/depot.cli.v1.BuildService/GetBuildKitConnection"),
  reportBuildHealth: method("/depot.cli.v1.BuildService/ReportBuildHealth"),
  reportStatus: method("/depot.cli.v1.BuildService/ReportStatus"),
  finishBuild: method("/depot.cli.v1.BuildService/FinishBuild"),
  listBuilds: method("/depot.cli.v1.BuildService/ListBuilds"),
  getPullInfo: method("/depot.cli.v1.BuildService/GetPullInfo"),
  getPullToken: method("/depot.cli.v1.BuildService/GetPullToken"),
};

/** `depot.cli.v1beta1.ProjectsService` and `depot.core.v1.ProjectService`. */
export const ProjectApi: {
  readonly listProjects: ApiMethod<ListProjectsRequestJson, ListProjectsResponseJson>;
  readonly resetProjectCache: ApiMethod<ResetProjectCacheRequestJson, ResetProjectCacheResponseJson>;
  readonly getProject: ApiMethod<GetProjectRequestJson, GetProjectResponseJson>;
  readonly createProject: ApiMethod<CreateProjectRequestJson, CreateProjectResponseJson>;
  readonly updateProject: ApiMethod<UpdateProjectRequestJson, UpdateProjectResponseJson>;
  readonly deleteProject: ApiMethod<DeleteProjectRequestJson, DeleteProjectResponseJson>;
} = {
  listProjects: method("/depot.cli.v1beta1.ProjectsService/ListProjects"),
  resetProjectCache: method("/depot.cli.v1beta1.ProjectsService/ResetProjectCache"),
  getProject: method("/depot.core.v1.ProjectService/GetProject"),
  createProject: method("/depot.core.v1.ProjectService/CreateProject"),
  updateProject: method("/depot.core.v1.ProjectService/UpdateProject"),
  deleteProject: method("/depot.core.v1.ProjectService/DeleteProject"),
};

/** `depot.core.v1.OrganizationService`. */
export const OrganizationApi: {
  readonly listOrganizations: ApiMethod<ListOrganizationsRequestJson, ListOrganizationResponseJson>;
} = {
  listOrganizations: method("/depot.core.v1.OrganizationService/ListOrganizations"),
};

/** Saved images: `depot.build.v1.RegistryService`, `depot.cli.v1.PushService` and `opendepot.v1.ImageService`. */
export const ImageApi: {
  readonly listImages: ApiMethod<ListImagesRequestJson, ListImagesResponseJson>;
  readonly deleteImage: ApiMethod<DeleteImageRequestJson, DeleteImageResponseJson>;
  readonly startPush: ApiMethod<StartPushRequestJson, StartPushResponseJson>;
  readonly finishPush: ApiMethod<FinishPushRequestJson, FinishPushResponseJson>;
  readonly copyImage: ApiStreamMethod<CopyImageRequestJson, CopyImageResponseJson>;
} = {
  listImages: method("/depot.build.v1.RegistryService/ListImages"),
  deleteImage: method("/depot.build.v1.RegistryService/DeleteImage"),
  startPush: method("/depot.cli.v1.PushService/StartPush"),
  finishPush: method("/depot.cli.v1.PushService/FinishPush"),
  copyImage: { ...method("/opendepot.v1.ImageService/CopyImage"), answers: "stream" },
};
