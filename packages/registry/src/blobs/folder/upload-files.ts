import { type FileHandle, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { systemCodeOf } from "@opendepot/base";
import { uploadBusy, uploadMissing } from "../problems.ts";
import { ifThere } from "./system-errors.ts";

/**
 * The files of one upload: a folder with numbered ones, of which the highest holds its bytes. Each is written by the one
 * process that made it, so that two processes never write to the same file:
 *
 * - `4` the bytes
 * - `5.new` a process is taking the upload over: it copies 4 and calls the copy `5` when it is whole
 *
 * A number is taken by making a file that must not exist. Whoever sees a higher number than his own has lost the
 * upload. He looks after his bytes are written, and the other copies after his number is taken: so either the first
 * knows that he lost, or the copy has all that he acknowledged.
 */
export class UploadFiles {
  readonly id: string;
  readonly folder: string;

  constructor(id: string, folder: string) {
    this.id = id;
    this.folder = folder;
  }

  /** Where the bytes of number `number` are. */
  path(number: number): string {
    return join(this.folder, `${number}`);
  }

  /** What there is now; undefined if there is no such upload. */
  async look(): Promise<UploadState | undefined> {
    const names = await ifThere(readdir(this.folder));
    if (names === undefined) return undefined;
    const numbers = names.flatMap((name) => /^\d{1,15}(?=$|\.new$)/.exec(name) ?? []).map(Number);
    const whole = names.filter((name) => /^\d{1,15}$/.test(name)).map(Number);
    return { taken: Math.max(0, ...numbers), number: Math.max(0, ...whole) };
  }

  /** The size of what `state` has, in bytes. Undefined when somebody has put another file in its place meanwhile. */
  async sizeOf({ number }: UploadState): Promise<number | undefined> {
    if (number === 0) return 0;
    return (await ifThere(stat(this.path(number))))?.size;
  }

  /**
   * Throws unless the upload is still that of whoever took `number`.
   *
   * @throws {Problem} `upload_missing`, `upload_busy`
   */
  async checkOwner(number: number): Promise<void> {
    const state = await this.look();
    if (state === undefined) throw uploadMissing(this.id);
    if (state.taken !== number) throw uploadBusy(this.id);
  }

  /**
   * Takes the next number, and hands over a file to be filled and then called whole.
   *
   * @throws {Problem} `upload_missing`, `upload_busy`
   */
  async take({ taken }: UploadState): Promise<{ readonly number: number; readonly file: FileHandle }> {
    const number = taken + 1;
    try {
      return { number, file: await open(`${this.path(number)}.new`, "wx") };
    } catch (error) {
      if (systemCodeOf(error) === "EEXIST") throw uploadBusy(this.id);
      if (systemCodeOf(error) === "ENOENT") throw uploadMissing(this.id);
      throw error;
    }
  }

  /**
   * Calls the file of `number` whole, and removes those that it replaces.
   *
   * @throws {Problem} `upload_busy` when somebody who took a later number was quicker, or the upload has gone
   */
  async complete(number: number): Promise<void> {
    const renamed = rename(`${this.path(number)}.new`, this.path(number)).then(() => true);
    if (!(await ifThere(renamed))) throw uploadBusy(this.id);
    const names = (await ifThere(readdir(this.folder))) ?? [];
    const older = names.filter((name) => Number.parseInt(name, 10) < number);
    await Promise.all(older.map((name) => rm(join(this.folder, name), { force: true })));
  }

  /** Leaves the upload as it was before `number` was taken. */
  async giveUp(number: number): Promise<void> {
    await rm(`${this.path(number)}.new`, { force: true });
  }
}

/** Which numbers are in use. */
export interface UploadState {
  /** The highest one that somebody took; 0 for none. */
  readonly taken: number;
  /** The one that holds the bytes; 0 for none. */
  readonly number: number;
}
