/**
 * Only what crosses a thread or a socket unchanged. Functions, Dates and class instances turn into `never`, so an
 * operation that carries one doesn't compile.
 */
export type Wire<T> = T extends null | undefined | boolean | number | string | Uint8Array
  ? T
  : T extends ((...args: never[]) => unknown) | Date
    ? never
    : T extends object
      ? { readonly [K in keyof T]: Wire<T[K]> }
      : never
