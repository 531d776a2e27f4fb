import { systemClock, type Clock } from '../clock.js'
import { decodePayload, encodePayload, json, type PayloadCodec } from '../codec.js'
import { DEFAULT_TENANT, MAX_PAYLOAD_BYTES, MAX_SNAPSHOT_BYTES } from '../defaults.js'
import { uuidV7, type Ids } from '../ids.js'
import { checkName } from '../input.js'
import type { Submits } from '../operation.js'
import type { Payload } from '../payload.js'
import { KeyWatch } from './key-watch.js'

export interface RepositoryOptions {
  /** Whose rows are meant where a call names no tenant. */
  readonly tenant?: string
  readonly clock?: Clock
  readonly ids?: Ids
  /** How new payloads are written. Rows written as plain JSON stay readable beside it. */
  readonly codec?: PayloadCodec
  readonly limits?: { readonly payloadBytes?: number; readonly snapshotBytes?: number }
  /** This process's id in `processes`: its leases go back at once when it dies. */
  readonly processId?: string | null
}

/** Names another tenant than the repository's own. */
export interface TenantOption {
  readonly tenant?: string
}

/** What every repository works with: the way to the database, and the sources of time and ids. */
export interface RepositoryContext {
  readonly submits: Submits
  readonly tenant: string
  readonly clock: Clock
  readonly ids: Ids
  readonly codec: PayloadCodec
  readonly limits: { readonly payloadBytes: number; readonly snapshotBytes: number }
  readonly processId: string | null
  /** Shared by all tenants of a store. */
  readonly keyWatch: KeyWatch
}

/** Fills in the defaults. */
export const repositoryContext = (submits: Submits, options: RepositoryOptions = {}): RepositoryContext => ({
  submits,
  tenant: checkName('tenant', options.tenant ?? DEFAULT_TENANT),
  clock: options.clock ?? systemClock,
  ids: options.ids ?? uuidV7,
  codec: options.codec ?? json,
  limits: {
    payloadBytes: options.limits?.payloadBytes ?? MAX_PAYLOAD_BYTES,
    snapshotBytes: options.limits?.snapshotBytes ?? MAX_SNAPSHOT_BYTES,
  },
  processId: options.processId ?? null,
  keyWatch: new KeyWatch(options.clock ?? systemClock),
})

/** The same, for another tenant. */
export const contextOf = (context: RepositoryContext, tenant: string): RepositoryContext => ({
  ...context,
  tenant: checkName('tenant', tenant),
})

/** The tenant that a call means. */
export const tenantOf = (context: RepositoryContext, options: TenantOption = {}): string =>
  options.tenant === undefined ? context.tenant : checkName('tenant', options.tenant)

/**
 * Encodes an input, a result or a response.
 *
 * @throws {PayloadTooLargeError} `input.too_large`
 */
export const encode = (context: RepositoryContext, value: unknown): Payload =>
  encodePayload(value, { codec: context.codec, limitBytes: context.limits.payloadBytes })

/** Decodes what any repository of this codec wrote. */
export const decode = (context: RepositoryContext, payload: Pick<Payload, 'data' | 'encoding'>): unknown =>
  decodePayload(payload, [context.codec])
