import { openRegistry, type RegistryRepository } from "@opendepot/registry-client";
import { schemeOf } from "../run/saving.ts";
import type { Server } from "../server.ts";
import type { SavedImage } from "./find-images.ts";

/** Opens the repository of a saved image for reading; the caller disposes of it. */
export async function openSource(
  { reference, username, password }: SavedImage,
  { server, signal }: { readonly server: Server; readonly signal: AbortSignal },
): Promise<RegistryRepository> {
  const auth = { username, password: password.reveal(), identityToken: "", registryToken: "" };
  return await openRegistry({
    reference,
    scheme: schemeOf(reference, server.url),
    credentials: { lookup: async () => auth },
    signal,
  });
}
