/** How a field's value lies on the wire; `enum` is an `int32` with names. */
export type ScalarKind =
  | "string"
  | "bytes"
  | "bool"
  | "int32"
  | "uint32"
  | "enum"
  | "int64"
  | "uint64"
  | "float"
  | "double";

/** The type of one value: a scalar, or a message. */
export type ValueType = ScalarKind | MessageType<unknown>;

/** One field of a message. */
export interface Field {
  readonly number: number;
  /** The property's name in TypeScript. */
  readonly name: string;
  readonly type: ValueType;
  /**
   * `one`: scalars default to their zero value, messages to undefined. `optional`: scalars with presence
   * (proto3 `optional` and members of a oneof). `many`: arrays. `map`: records with keys of kind `key`.
   */
  readonly shape: "one" | "optional" | "many" | "map";
  readonly key?: ScalarKind;
}

/** A message type: its full protobuf name and its fields, in ascending order of their numbers. */
export interface MessageType<T> {
  readonly typeName: string;
  /** Read on first use, so that types may refer to each other. */
  readonly fields: readonly Field[];
  /** Carries `T` for the compiler only. */
  readonly shape?: T;
}

/** A message to be encoded: whatever is left out has its zero value. */
export type Init<T> = T extends bigint | string | number | boolean | Uint8Array | undefined
  ? T
  : T extends ReadonlyArray<infer Item>
    ? ReadonlyArray<Init<Item>>
    : { readonly [Key in keyof T]?: Init<T[Key]> | undefined };

/** A value type made ready when first asked for; generated code uses it for types declared further down. */
export type LazyFields = () => ReadonlyArray<
  readonly [number: number, name: string, type: ValueType, shape?: Field["shape"], key?: ScalarKind]
>;

/** Declares a message type; for generated code. */
export function message<T>(typeName: string, lazy: LazyFields): MessageType<T> {
  let fields: readonly Field[] | undefined;
  return {
    typeName,
    get fields() {
      fields ??= lazy().map(([number, name, type, shape = "one", key]) =>
        key === undefined ? { number, name, type, shape } : { number, name, type, shape, key },
      );
      return fields;
    },
  };
}

/** A method of a gRPC service: where it is called and what goes in and out. */
export interface Method<Request, Response> {
  /** `/<package.Service>/<Method>`, the `:path` of its calls. */
  readonly path: string;
  readonly kind: "unary" | "server-stream" | "client-stream" | "bidi";
  readonly request: MessageType<Request>;
  readonly response: MessageType<Response>;
}
