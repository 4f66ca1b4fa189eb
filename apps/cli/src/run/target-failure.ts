/** A failure of one of several targets, which is told with the target's name. */
export class TargetFailure extends Error {
  override readonly name: string = "TargetFailure";
  readonly targetName: string;

  constructor(targetName: string, cause: unknown) {
    super(`target ${targetName} failed`, { cause });
    this.targetName = targetName;
  }
}
