/** A figure that can't be taken on this machine, with the reason: it is named in the table, and fails nothing. */
export class Skipped extends Error {}
