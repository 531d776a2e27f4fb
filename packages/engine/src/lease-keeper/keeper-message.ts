import type { LeaseRef, Refusal } from '@holdfast/store'

/** What the keeper's thread needs to reach the file on its own. */
export interface KeeperThreadData {
  readonly path: string
  /** Under which it opens the store. */
  readonly keeperId: string
  readonly driver: string
}

/** Leases of one length, by their keys: a claim of many crosses as a few texts. */
export interface KeysOfLength {
  readonly leaseMs: number
  readonly keys: readonly string[]
}

export type ToKeeperThread =
  | { readonly type: 'leases'; readonly hold: readonly KeysOfLength[]; readonly drop: readonly KeysOfLength[] }
  | { readonly type: 'stop' }

export type FromKeeperThread =
  | { readonly type: 'ready' }
  | { readonly type: 'refused'; readonly lease: LeaseRef; readonly code: string; readonly message: string }
  | { readonly type: 'error'; readonly refusal: Refusal }
