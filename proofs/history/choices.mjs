/**
 * What an actor may do next, and how often: every write under a lease also under leases that are long gone, because that
 * is what a zombie does.
 */
const WEIGHTS = {
  claim: 18,
  start: 3,
  heartbeat: 10,
  heartbeatMany: 4,
  checkpoint: 14,
  complete: 8,
  completeMany: 3,
  fail: 5,
  release: 5,
  log: 2,
  cancel: 1,
  sweep: 2,
  buryTheDead: 1,
  look: 4,
  submit: 4,
  submitUnderKey: 3,
  askForKey: 10,
  completeKey: 6,
  heartbeatKey: 1,
  failKey: 1,
}

const BAG = Object.entries(WEIGHTS).flatMap(([name, weight]) => Array.from({ length: weight }, () => name))

/** Leases are so short that many run out by themselves, and any stopped process wakes without them. */
const LEASE_MS = 250

/** Names that all processes share: a name is no proof of anything. */
const OWNERS = ['anna', 'ben', 'cleo']
const KEYS = 150
const REMEMBERED = 60

/** One process's way through the operations: what it holds, held once, and tries again. */
export class Choices {
  #leases = []
  #keys = []
  #count = 0

  constructor(store, { random, name }) {
    this.store = store
    this.random = random
    this.name = name
  }

  /** Does one thing, which may be refused. */
  async next() {
    await this[this.random.pick(BAG)]()
  }

  async claim() {
    const { store, random } = this
    const leases = await store.leases.claim({
      queue: 'test',
      owner: random.pick(OWNERS),
      limit: random.between(1, 3),
      leaseMs: LEASE_MS,
      ahead: random.int(5) === 0,
    })
    this.#leases.push(...leases)
    this.#leases.splice(0, Math.max(0, this.#leases.length - REMEMBERED))
    if (leases.length === 0) await this.submit()
  }

  /** Mostly one of the last, and now and then any that it ever had. */
  #lease() {
    const { random } = this
    const from = random.int(3) === 0 ? this.#leases : this.#leases.slice(-4)
    return from.length > 0 ? random.pick(from) : undefined
  }

  #some() {
    return this.random.shuffle(this.#leases).slice(0, this.random.between(1, 8))
  }

  /** A value that nobody else writes. */
  #said() {
    this.#count += 1
    return { by: this.name, n: this.#count }
  }

  async #under(act) {
    const lease = this.#lease()
    if (lease) await act(lease)
  }

  start = () => this.#under((lease) => this.store.leases.start(lease))
  heartbeat = () => this.#under((lease) => this.store.leases.heartbeat(lease, { leaseMs: LEASE_MS }))
  heartbeatMany = () => this.store.leases.heartbeatAll(this.#some(), { leaseMs: LEASE_MS })
  log = () => this.#under((lease) => this.store.events.log(lease, this.#said()))
  release = () => this.#under((lease) => this.store.leases.release(lease))

  checkpoint = () =>
    this.#under(async (lease) => {
      const checkpoint = { id: `${this.name}-${this.#count + 1}`, type: 'iteration_end', snapshot: this.#said() }
      const tries = this.random.int(8) === 0 ? 2 : 1
      for (let i = 0; i < tries; i += 1) await this.store.checkpoints.append(lease, checkpoint)
    })

  complete = () =>
    this.#under(async (lease) => {
      const result = this.#said()
      const tries = this.random.int(8) === 0 ? 2 : 1
      for (let i = 0; i < tries; i += 1) await this.store.leases.complete(lease, result)
    })

  completeMany = () =>
    this.store.leases.completeAll(
      this.#some()
        .slice(0, 3)
        .map((lease) => ({ lease, result: this.#said() })),
    )

  fail = () =>
    this.#under((lease) => {
      const error = { code: 'test.failed', message: JSON.stringify(this.#said()) }
      return this.store.leases.fail(lease, error, this.random.int(5) === 0 ? {} : { retryAtMs: Date.now() })
    })

  cancel = () => this.#under(({ taskId }) => this.store.tasks.cancel(taskId))
  look = () => this.#under(({ workItemId }) => this.store.leases.status(workItemId))
  sweep = () => this.store.sweep.recoverExpired({ sweeper: this.name, limit: 20 })

  async buryTheDead() {
    const { store, name } = this
    for (const processId of await store.liveness.dead()) {
      const { remaining } = await store.sweep.recoverProcess({ processId, sweeper: name, limit: 100 })
      if (!remaining) await store.liveness.forget(processId)
    }
  }

  submit = () => this.store.tasks.submit({ type: 'test', queue: 'test', input: this.#said(), maxAttempts: 30 })

  submitUnderKey() {
    const { key, request } = this.#request('submit')
    const idempotency = { key, request, response: this.#said() }
    return this.store.tasks.submit({ type: 'test', queue: 'test', input: null, maxAttempts: 30, idempotency })
  }

  async askForKey() {
    const { key, request } = this.#request('call')
    const claim = await this.store.idempotency.checkOrCreate(key, { request, owner: this.name, leaseMs: LEASE_MS })
    if (claim.ref) this.#keys.push(claim.ref)
    this.#keys.splice(0, Math.max(0, this.#keys.length - REMEMBERED))
  }

  /** Now and then another request under the key: refused, unless it came first. */
  #request(of) {
    const { random } = this
    return { key: `${of}-${random.int(KEYS)}`, request: random.int(10) === 0 ? 'another' : 'usual' }
  }

  async #underKey(act) {
    if (this.#keys.length > 0) await act(this.random.pick(this.#keys))
  }

  completeKey = () => this.#underKey((ref) => this.store.idempotency.complete(ref, this.#said()))
  heartbeatKey = () => this.#underKey((ref) => this.store.idempotency.heartbeat(ref, { leaseMs: LEASE_MS }))
  failKey = () => this.#underKey((ref) => this.store.idempotency.fail(ref, { code: 'test.failed', message: 'no' }))
}
