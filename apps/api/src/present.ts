/** `T` without members that may be undefined: they are absent instead. */
export type Present<T> = { [K in keyof T]: Exclude<T[K], undefined> }

/** A copy without the members that are undefined, for callees that tell "absent" from "undefined". */
export const present = <T extends object>(value: T): Present<T> =>
  // What is left has no undefined, which is what Present says.
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Present<T>
