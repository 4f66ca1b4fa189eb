import type { Image, ImageStore, Retention } from "@opendepot/registry";
import { imagesNotFound, pageTokenInvalid } from "../problems.ts";
import type { ImageRetention, Project } from "../store/projects.ts";
import { isRepositoryOf, listedName, readSaveTag, type SavedName } from "./image-names.ts";

/** An image of a project, by the name that it is listed with. */
export interface ListedImage extends Pick<Image, "digest" | "pushedAt" | "sizeBytes" | "expiresAt"> {
  /** `tag`, or `name:tag` in a repository below the project's own. */
  readonly name: string;
}

/** A part of a project's images. */
export interface ListedImages {
  readonly images: readonly ListedImage[];
  readonly nextPageToken: string | undefined;
}

type Images = Pick<
  ImageStore,
  "list" | "deleteTags" | "setRetention" | "retention" | "repositories" | "removeRepository"
>;

const DAY_MS = 86_400_000;
const REPOSITORIES_PAGE = 1000;

/** The saved images of projects: each has a repository of its name, and may have others below it. */
export class ProjectImages {
  readonly #images: Images;
  readonly #registryHost: () => string;
  /** Repositories that are known to have their project's retention. */
  readonly #retained = new Set<string>();

  constructor(images: Images, registryHost: () => string) {
    this.#images = images;
    this.#registryHost = registryHost;
  }

  /**
   * A page of a project's images: one repository after the other, each with its newest first.
   *
   * @throws {Problem} `page_token_invalid`
   */
  async list(projectId: string, page: { readonly limit: number; readonly token: string }): Promise<ListedImages> {
    const repositories = await this.#repositoriesOf(projectId);
    const from = page.token === "" ? { repository: repositories[0], token: undefined } : readToken(page.token);
    if (from.repository !== undefined && !repositories.includes(from.repository)) throw pageTokenInvalid();
    const images: ListedImage[] = [];
    let { token } = from;
    const rest = repositories.slice(from.repository === undefined ? 0 : repositories.indexOf(from.repository));
    for (const [at, repository] of rest.entries()) {
      const found = await this.#images.list(repository, { pageSize: page.limit - images.length, pageToken: token });
      images.push(
        ...found.images.map((image) => ({ ...image, name: listedName(projectId, { ...image, repository }) })),
      );
      token = found.nextPageToken;
      const next = token === undefined ? rest[at + 1] : repository;
      if (images.length < page.limit && token === undefined) continue;
      return { images, nextPageToken: next && writeToken({ repository: next, token }) };
    }
    return { images, nextPageToken: undefined };
  }

  /**
   * Removes images by the names that they are listed with. What else has the same digest stays.
   *
   * @throws {Problem} `argument_invalid`, `images_not_found` for those that are not there; the others are removed
   */
  async delete(projectId: string, names: readonly string[]): Promise<void> {
    const wanted = names.map((name) => readSaveTag(name, { registryHost: this.#registryHost(), projectId }));
    const missing: SavedName[] = [];
    for (const [repository, images] of Map.groupBy(wanted, (image) => image.repository)) {
      const tags = images.map(({ tag }) => tag);
      const removed = await this.#images.deleteTags(repository, tags);
      missing.push(...images.filter(({ tag }) => !removed.includes(tag)));
    }
    if (missing.length > 0) throw imagesNotFound(missing.map((image) => listedName(projectId, image)));
  }

  /** Lets a repository, which may be new, keep its images as long as its project says. */
  async retain(repository: string, retention: ImageRetention): Promise<void> {
    if (this.#retained.has(repository)) return;
    const wanted = toRetention(retention);
    const current = await this.#images.retention(repository);
    if (!isSame(current, wanted)) await this.#images.setRetention(repository, wanted);
    this.#retained.add(repository);
  }

  /** Another retention, for the images that are there too. */
  async changeRetention({ id, imageRetention }: Pick<Project, "id" | "imageRetention">): Promise<void> {
    for (const repository of await this.#repositoriesOf(id)) {
      await this.#images.setRetention(repository, toRetention(imageRetention));
    }
  }

  /** Removes all images of a project. */
  async deleteAll(projectId: string): Promise<void> {
    for (const repository of await this.#repositoriesOf(projectId)) {
      await this.#images.removeRepository(repository);
      this.#retained.delete(repository);
    }
  }

  /** The project's own, whether it exists yet or not, and those below it. */
  async #repositoriesOf(projectId: string): Promise<string[]> {
    const found = [projectId];
    for (let after = `${projectId}/`; ; ) {
      const page = await this.#images.repositories({ after, limit: REPOSITORIES_PAGE });
      const own = page.filter((name) => isRepositoryOf(projectId, name));
      found.push(...own);
      if (own.length < REPOSITORIES_PAGE) return found;
      after = own.at(-1) ?? after;
    }
  }
}

function toRetention({ keepDays, keepCount }: ImageRetention): Retention {
  if (keepCount > 0) return { kind: "newest", count: keepCount };
  return keepDays > 0 ? { kind: "age", ms: keepDays * DAY_MS } : { kind: "forever" };
}

function isSame(one: Retention, other: Retention): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

interface Place {
  readonly repository: string | undefined;
  readonly token: string | undefined;
}

function writeToken({ repository, token }: Place): string {
  return Buffer.from(`${repository}\n${token ?? ""}`).toString("base64url");
}

function readToken(text: string): Place {
  const [repository, token, ...more] = Buffer.from(text, "base64url").toString("utf8").split("\n");
  if (!repository || token === undefined || more.length > 0) throw pageTokenInvalid();
  return { repository, token: token || undefined };
}
