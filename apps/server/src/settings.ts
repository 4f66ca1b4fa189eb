import type { Flag } from "@opendepot/command";

/** A setting that may be given as a flag or in the environment; the flag wins. */
export interface Setting {
  /** The flag, without dashes. */
  readonly flag: string;
  readonly env: string;
  readonly placeholder: string;
  readonly summary: string;
  readonly default?: string;
}

/** The name of a setting. */
export type SettingName =
  | "listen"
  | "gatewayListen"
  | "dataDir"
  | "publicUrl"
  | "tls"
  | "tlsCert"
  | "tlsKey"
  | "gatewayAddress"
  | "databaseUrl"
  | "idleTimeout"
  | "drainTimeout"
  | "engine"
  | "engineInstall"
  | "blobStore"
  | "mirror"
  | "mirrorSize"
  | "pushTargets"
  | "plainHttpRegistries"
  | "copiesAtOnce"
  | "logLevel";

/** Everything that can be set. */
export const SETTINGS: Readonly<Record<SettingName, Setting>> = {
  listen: {
    flag: "listen",
    env: "DEPOT_SERVER_LISTEN",
    placeholder: "HOST:PORT",
    summary: "Where the API and the build pages answer; port 0 takes a free one",
    default: "127.0.0.1:8700",
  },
  gatewayListen: {
    flag: "gateway-listen",
    env: "DEPOT_SERVER_GATEWAY_LISTEN",
    placeholder: "HOST:PORT",
    summary: "Where builds reach their builders, with mutual TLS; port 0 takes a free one",
    default: "127.0.0.1:8701",
  },
  dataDir: {
    flag: "data-dir",
    env: "DEPOT_SERVER_DATA_DIR",
    placeholder: "FOLDER",
    summary: "Where everything that lasts is kept (root: /var/lib/opendepot, others: ~/.local/share/opendepot)",
  },
  publicUrl: {
    flag: "public-url",
    env: "DEPOT_SERVER_PUBLIC_URL",
    placeholder: "URL",
    summary: "What links to this server begin with, where that is not http:// (or https://) and --listen",
  },
  tls: {
    flag: "tls",
    env: "DEPOT_SERVER_TLS",
    placeholder: "off|own",
    summary: "Whether the API and the registry answer over TLS, with a certificate of this server's own authority",
    default: "off",
  },
  tlsCert: {
    flag: "tls-cert",
    env: "DEPOT_SERVER_TLS_CERT",
    placeholder: "FILE",
    summary: "Answer over TLS with this certificate and its chain, in PEM; read again every hour",
  },
  tlsKey: {
    flag: "tls-key",
    env: "DEPOT_SERVER_TLS_KEY",
    placeholder: "FILE",
    summary: "The key of --tls-cert, in PEM",
  },
  gatewayAddress: {
    flag: "gateway-address",
    env: "DEPOT_SERVER_GATEWAY_ADDRESS",
    placeholder: "tcp://HOST:PORT",
    summary: "Where clients find the gateway, where that is not the host of the public URL and the port of the gateway",
  },
  databaseUrl: {
    flag: "database-url",
    env: "DATABASE_URL",
    placeholder: "postgres://…",
    summary: "A PostgreSQL of your own; without it the server runs one in its data folder",
  },
  idleTimeout: {
    flag: "idle-timeout",
    env: "DEPOT_SERVER_IDLE_TIMEOUT",
    placeholder: "DURATION",
    summary: "How long a builder without builds is kept warm: 90s, 10m, 2h or never",
    default: "10m",
  },
  drainTimeout: {
    flag: "drain-timeout",
    env: "DEPOT_SERVER_DRAIN_TIMEOUT",
    placeholder: "DURATION",
    summary: "How long a server that is stopped waits for its builds",
    default: "30s",
  },
  engine: {
    flag: "engine",
    env: "DEPOT_SERVER_ENGINE",
    placeholder: "PATH",
    summary: "The buildkitd or dockerd to use, instead of looking for one",
  },
  engineInstall: {
    flag: "engine-install",
    env: "DEPOT_SERVER_ENGINE_INSTALL",
    placeholder: "auto|never",
    summary: "Whether a private engine may be installed into the data folder where there is none",
    default: "auto",
  },
  blobStore: {
    flag: "blob-store",
    env: "DEPOT_SERVER_BLOB_STORE",
    placeholder: "FOLDER|s3://BUCKET/PREFIX",
    summary: "Where the bytes of saved images are (registry/ in the data folder)",
  },
  mirror: {
    flag: "mirror",
    env: "DEPOT_SERVER_MIRROR",
    placeholder: "on|off",
    summary: "Whether builders take base images from this server, which fetches and keeps them",
    default: "on",
  },
  mirrorSize: {
    flag: "mirror-size",
    env: "DEPOT_SERVER_MIRROR_SIZE",
    placeholder: "SIZE",
    summary: "How much of them is kept in the data folder: 500MB, 50GB, 1TB",
    default: "50GB",
  },
  pushTargets: {
    flag: "push-targets",
    env: "DEPOT_SERVER_PUSH_TARGETS",
    placeholder: "LIST",
    summary:
      "Where depot push may have this server send saved images: any, public, none, and hosts with or without a port, separated by commas (any where --listen is a loopback address, public elsewhere)",
  },
  plainHttpRegistries: {
    flag: "plain-http-registries",
    env: "DEPOT_SERVER_PLAIN_HTTP_REGISTRIES",
    placeholder: "LIST",
    summary:
      "Registries that this server sends saved images, and the credentials for them, to without TLS: HOST:PORT, or HOST for port 80, separated by commas; --push-targets has to allow them, too",
  },
  copiesAtOnce: {
    flag: "copies-at-once",
    env: "DEPOT_SERVER_COPIES_AT_ONCE",
    placeholder: "NUMBER",
    summary: "How many saved images depot push may have this server send at the same time; others wait for their turn",
    default: "8",
  },
  logLevel: {
    flag: "log-level",
    env: "DEPOT_SERVER_LOG_LEVEL",
    placeholder: "LEVEL",
    summary: "debug, info, warn or error",
    default: "info",
  },
};

/** A setting's text by its name, as far as it was given. */
export type SettingTexts = { readonly [Name in SettingName]?: string | undefined };

/** The flags for some settings, for the commands that take them. */
export function settingFlags(names: readonly SettingName[]): Flag[] {
  return names.map((name) => {
    const setting = SETTINGS[name];
    const { flag, placeholder } = setting;
    const summary = `${setting.summary} (${setting.env})`;
    return { name: flag, kind: "text", summary, placeholder, ...(setting.default ? { default: setting.default } : {}) };
  });
}

/** All names, in the order of help. */
export const SETTING_NAMES: readonly SettingName[] = Object.keys(SETTINGS) as SettingName[];
