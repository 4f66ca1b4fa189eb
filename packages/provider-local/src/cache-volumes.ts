import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, rename } from "node:fs/promises";
import path from "node:path";
import { systemCodeOf } from "@opendepot/base";
import {
  cacheResetFailed,
  clearLeftovers,
  endLeftoverProcesses,
  makeRunFolder,
  runFolderCandidates,
} from "@opendepot/builder";
import { randomName } from "./random-name.ts";

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const TRASH = ".trash";

/** Where cache volumes are. */
export interface CacheVolumesOptions {
  readonly dataDir: string;
  readonly runDir: string | undefined;
  /** The value of PATH, for `umount` and `rm`. */
  readonly path: string;
}

/**
 * The cache volumes of this host: one folder for each builder below `<dataDir>/builders`.
 * Disposing ends deletions that are under way; they go on at the next opening.
 */
export class CacheVolumes implements AsyncDisposable {
  readonly #options: CacheVolumesOptions;
  readonly #root: string;
  readonly #closing = new AbortController();
  #deleting: Promise<void> = Promise.resolve();

  constructor(options: CacheVolumesOptions) {
    this.#options = options;
    this.#root = path.join(options.dataDir, "builders");
  }

  /** The folder of a builder; it need not exist. */
  folderOf(id: string): string {
    if (!ID.test(id)) throw new Error(`not the id of a builder: ${JSON.stringify(id)}`);
    return path.join(this.#root, id);
  }

  /** Makes the folder for a builder's sockets. */
  async makeRunFolder(id: string): Promise<string> {
    return makeRunFolder(this.#runFolderOptions(id));
  }

  /** Ends the engines that an earlier process has left running, and goes on with its deletions. */
  async recover(signal: AbortSignal): Promise<void> {
    await mkdir(this.#root, { recursive: true, mode: 0o700 });
    const ids = (await readdir(this.#root)).filter((name) => ID.test(name));
    await endLeftoverProcesses(
      ids.flatMap((id) => [this.folderOf(id), ...this.#runFoldersOf(id)]),
      signal,
    );
    for (const id of ids) await this.#clear(id, signal);
    this.#emptyTrash();
  }

  /**
   * Empties a builder's cache volume; its engine must have been stopped. The old content is out of the way at once
   * and deleted afterwards, since gigabytes of small files take their time.
   *
   * @throws {Problem} `cache_reset_failed`
   */
  async empty(id: string, signal: AbortSignal): Promise<void> {
    const folder = this.folderOf(id);
    try {
      await this.#clear(id, signal);
      const trash = path.join(this.#root, TRASH);
      await mkdir(trash, { recursive: true, mode: 0o700 });
      await rename(folder, path.join(trash, `${id}-${randomName()}`));
    } catch (cause) {
      signal.throwIfAborted();
      if (systemCodeOf(cause) === "ENOENT") return;
      throw cacheResetFailed(folder, cause);
    }
    this.#emptyTrash();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#deleting;
  }

  async #clear(id: string, signal: AbortSignal): Promise<void> {
    for (const runFolder of this.#runFoldersOf(id)) {
      await clearLeftovers({ folder: this.folderOf(id), runFolder, path: this.#options.path, signal });
    }
  }

  #runFoldersOf(id: string): readonly string[] {
    return runFolderCandidates(this.#runFolderOptions(id));
  }

  #runFolderOptions(id: string): { readonly folder: string; readonly preferred: string } {
    return { folder: this.folderOf(id), preferred: this.#options.runDir ?? path.join(this.#options.dataDir, "run") };
  }

  #emptyTrash(): void {
    this.#deleting = this.#deleting.then(() => this.#deleteTrash());
  }

  /** A process of its own keeps the deletion away from this one's file operations. */
  async #deleteTrash(): Promise<void> {
    const trash = path.join(this.#root, TRASH);
    for (const name of await readdir(trash).catch((): string[] => [])) {
      if (this.#closing.signal.aborted) return;
      // What cannot be deleted stays in the trash, and is tried again at the next opening.
      const child = spawn("rm", ["-rf", "--one-file-system", path.join(trash, name)], {
        stdio: "ignore",
        env: { PATH: this.#options.path },
        signal: this.#closing.signal,
      });
      child.on("error", () => undefined);
      await once(child, "close").catch(() => undefined);
    }
  }
}
