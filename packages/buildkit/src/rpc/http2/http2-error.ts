/** A peer broke the protocol, or went beyond a limit, in a way that ends the whole connection. */
export class Http2Error extends Error {
  override name = "Http2Error";
  /** The code that GOAWAY tells it by. */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}
