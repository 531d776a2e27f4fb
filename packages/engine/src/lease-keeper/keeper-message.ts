import type { LeaseRef, Refusal } from '@holdfast/store'
import type { LiveLease } from './heartbeats.js'

/** What the keeper's thread needs to reach the file on its own. */
export interface KeeperThreadData {
  readonly path: string
  /** Under which it opens the store. */
  readonly keeperId: string
  readonly driver: string
}

export type ToKeeperThread =
  | { readonly type: 'hold' | 'drop'; readonly leases: readonly LiveLease[] }
  | { readonly type: 'stop' }

export type FromKeeperThread =
  | { readonly type: 'ready' }
  | { readonly type: 'refused'; readonly lease: LeaseRef; readonly code: string; readonly message: string }
  | { readonly type: 'error'; readonly refusal: Refusal }
