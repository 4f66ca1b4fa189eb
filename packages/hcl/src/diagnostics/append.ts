/** Adds items to a list one by one: very many at once, as arguments of `push`, do not fit on the stack. */
export function append<T>(list: T[], items: Iterable<T>): void {
  for (const item of items) list.push(item);
}
