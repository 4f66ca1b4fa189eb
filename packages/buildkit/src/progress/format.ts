const units = ["kB", "MB", "GB", "TB", "PB", "EB"];

/** A count of bytes as BuildKit's users know it: decimal units with two digits, whole bytes below 1 kB. */
export function formatBytes(bytes: bigint): string {
  let value = Number(bytes);
  if (Math.abs(value) < 1000) return `${value}B`;
  let unit = -1;
  while (Math.abs(value) >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(2)}${units[unit]}`;
}

/** `current / total`, `current` alone when the total is unknown, nothing when nothing is known. */
export function formatAmount(current: bigint, total: bigint): string {
  if (total !== 0n) return `${formatBytes(current)} / ${formatBytes(total)}`;
  return current === 0n ? "" : formatBytes(current);
}

/** Seconds with one digit, for durations: `0.1s`. */
export function formatDuration(ms: number): string {
  return `${(ms / 1000).toFixed(1)}s`;
}

/** Seconds since a step's start, before its log lines: three digits below 10 s, two below 100 s, then one. */
export function formatOffset(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) return seconds.toFixed(3);
  return seconds.toFixed(seconds < 100 ? 2 : 1);
}
