import { readGoFloat } from "./go-text.ts";
import { buildFlagInvalid } from "./problems.ts";

const POWERS: Readonly<Record<string, number>> = { k: 1, m: 2, g: 3, t: 4, p: 5 };
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"];

/**
 * Reads an amount of memory in bytes, units of 1024 whatever their spelling: docker/go-units `RAMInBytes`.
 *
 * @throws {Problem} `build_flag_invalid`
 */
export function readSize(text: string): number {
  const at = Math.max(...[..."0123456789. "].map((letter) => text.lastIndexOf(letter)));
  if (at < 0) throw buildFlagInvalid(`invalid size: '${text}'`);
  const number = text[at] === " " ? text.slice(0, at) : text.slice(0, at + 1);
  const size = readGoFloat(number);
  if (size < 0) throw buildFlagInvalid(`invalid size: '${text}'`);
  return Math.trunc(size * 1024 ** readPower(text.slice(at + 1)));
}

function readPower(suffix: string): number {
  if (suffix === "") return 0;
  const unit = suffix.length > 3 ? suffix : suffix.toLowerCase();
  const match = /^(?:b|([kmgtp])(?:b|ib)?)$/.exec(unit);
  if (!match) throw buildFlagInvalid(`invalid suffix: '${unit}'`);
  return POWERS[match[1] ?? ""] ?? 0;
}

/** A number of bytes in the largest unit that fits, with four digits: docker/go-units `BytesSize`. */
export function formatSize(bytes: number): string {
  if (bytes === 0) return "0";
  let [size, unit] = [bytes, 0];
  for (; size >= 1024 && unit < UNITS.length - 1; unit++) size /= 1024;
  return `${formatFourDigits(size)}${UNITS[unit]}`;
}

/** Go's `%.4g`. */
function formatFourDigits(value: number): string {
  const text = value.toPrecision(4);
  if (!text.includes("e")) return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  const [digits = "", exponent = ""] = text.split("e");
  return `${digits.replace(/\.?0+$/, "")}e${exponent.replace(/^([+-])(\d)$/, "$10$2")}`;
}
