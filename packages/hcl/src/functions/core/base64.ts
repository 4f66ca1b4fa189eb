const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Reads base64 as Go does: padded, line breaks ignored. Undefined when it is none. */
export function decodeBase64(text: string): Buffer | undefined {
  const joined = text.replace(/[\r\n]/g, "");
  return base64.test(joined) ? Buffer.from(joined, "base64") : undefined;
}
