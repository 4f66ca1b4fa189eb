import { credentialsWrong } from "../problems.ts";
import type { Action, GrantedImage, Identity } from "../tokens/access.ts";
import { refusalOf } from "./authenticate.ts";
import type { CallerExchange, Exchange } from "./exchange.ts";

/** What of a repository is there for somebody: all of it, or some images with all that belongs to them. */
export type View = "everything" | readonly GrantedImage[];

/**
 * Lets only those pass who may do this in the repository, and tells what they see there. What they are granted is asked
 * of the product each time, so it ends with their credentials, whatever their token says.
 *
 * @throws {Problem} `scope_insufficient`, `not_permitted`, `credentials_missing`, `credentials_wrong`
 */
export async function demandView(
  { context, signal }: Exchange,
  wanted: { readonly identity: Identity; readonly action: Action; readonly repository: string },
): Promise<View> {
  const { identity, action, repository } = wanted;
  if (await identity.allows(action, repository)) return action === "pull" ? "everything" : [];
  if (action !== "pull" || !(await identity.allows("pull-granted", repository))) {
    throw refusalOf(identity, action, repository);
  }
  if (!context.access.granted) return [];
  const images = await context.access.granted(identity.caller, repository, signal);
  if (!images) throw credentialsWrong();
  return images;
}

/** Whether the tag is there for the caller, and names what he was granted. */
export function seesTag(view: View, tag: string, digest: string): boolean {
  return view === "everything" || view.some((image) => image.tag === tag && image.digest === digest);
}

/** Whether a manifest, or one that was a manifest here, is there for the caller by its digest. */
export async function seesManifest(
  { context, view }: CallerExchange,
  repository: string,
  digest: string,
): Promise<boolean> {
  if (view === "everything") return true;
  return await context.metadata.grants.reachesManifest(repository, digestsOf(view), digest);
}

/** Whether a blob of the repository is there for the caller. */
export async function seesBlob(
  { context, view }: CallerExchange,
  repository: string,
  digest: string,
): Promise<boolean> {
  if (view === "everything") return true;
  return await context.metadata.grants.reachesBlob(repository, digestsOf(view), digest);
}

function digestsOf(images: readonly GrantedImage[]): string[] {
  return [...new Set(images.map(({ digest }) => digest))];
}
