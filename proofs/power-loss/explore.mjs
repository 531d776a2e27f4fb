import { hash } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { randomFrom } from '../support/random.mjs'
import { Checkers } from './checkers.mjs'
import { fingerprintOf, withDisk, writeDisk } from './disk.mjs'
import { LANDINGS, landingOf } from './landing.mjs'
import { FOLDERS, Storage } from './storage.mjs'

/** Tries at one crash point, and as many for each thing that is pending: where nothing is, all landings are equal. */
const MOST_TRIES = 24
const TRIES_PER_PENDING = 2
/** Of disks that differ from a known one in what doesn't count, one in so many is opened. */
const ALIKE_OPENED = 200
/** Passes over the log without one new disk, after which there is none to be found. */
const BARREN_PASSES = 3
/** A pass that aims at exactly what is missing misses it by a disk. */
const AIM = 1.05
const MOST_VIOLATIONS = 20

/**
 * A disk that a crash may leave: all of it follows from this and the recording.
 *
 * @typedef {object} Crash
 * @property {number} at The event before which the power went.
 * @property {'strict' | 'journalled'} folders
 * @property {string} kind What landed; see `landing.mjs`.
 * @property {number} seed Of the choices in it.
 */

/**
 * Crashes the machine of a recording at every point of it, in as many ways as are asked for, and has each disk judged.
 *
 * Crash points are spread over the whole recording; those where most may go wrong get most of the disks: while a sync is
 * under way, right after something was acknowledged, and after changes of names. A disk that comes up again later is not
 * opened again, but is judged again: more has been acknowledged by then. What is judged bad counts when a fresh process
 * finds it bad on a fresh copy.
 *
 * @param {import('./record.mjs').Recording} recording
 * @param {object} options
 * @param {number} options.disks Distinct ones that are wanted.
 * @param {number} options.seed
 * @param {import('./checkers.mjs').Checker} options.checker
 * @param {(facts: any, at: number) => readonly string[]} options.judge What is wrong with a disk with these facts when
 * the power went before event `at`. The `problems` of the facts are wrong in any case.
 * @param {string} options.scratch An empty folder, best in memory.
 * @param {(path: string) => boolean} [options.counts] Which paths make one disk differ from another; all, unless said. Disks
 * that differ in others alone are opened now and then, and not counted.
 * @param {boolean} [options.firstOnly] Whether one violation is enough.
 * @param {() => boolean} [options.isOver]
 * @param {(disks: number) => void} [options.onProgress]
 * @returns {Promise<Exploration>}
 *
 * @typedef {object} Exploration
 * @property {number} disks Distinct ones that were judged, by content.
 * @property {number} opened
 * @property {number} judged
 * @property {{ what: string, crash: Crash }[]} violations
 * @property {number} unconfirmed Judged bad, but not by a fresh process.
 * @property {boolean} isThrough
 */
export const explore = async (recording, options) => {
  const explorer = new Explorer(recording, options)
  try {
    await explorer.run()
    return explorer.result
  } finally {
    await explorer.close()
  }
}

class Explorer {
  /** Facts, or a promise of them, by a disk's fingerprint: of what counts, and of some disks of all that there is. */
  #facts = new Map()
  #disks = 0
  #opened = 0
  #underWay = new Set()
  #suspects = []
  #judged = 0
  #violations = []
  #unconfirmed = 0
  #isThrough = false

  constructor(recording, options) {
    this.recording = recording
    this.options = options
    this.random = randomFrom(options.seed)
    this.checkers = new Checkers(options.checker, options.scratch)
    this.weights = weightsOf(recording.events)
  }

  get result() {
    return {
      disks: this.#disks,
      opened: this.#opened,
      judged: this.#judged,
      violations: this.#violations,
      unconfirmed: this.#unconfirmed,
      isThrough: this.#isThrough,
    }
  }

  async run() {
    let barren = 0
    for (let pass = 0; barren < BARREN_PASSES && !this.#mayStop(); pass += 1) {
      const before = this.#disks
      await this.#pass(FOLDERS[pass % FOLDERS.length], pass < FOLDERS.length ? FOLDERS.length - pass : 1)
      barren = this.#disks === before ? barren + 1 : 0
    }
    await Promise.all(this.#underWay)
    await this.#confirm()
    this.#isThrough = barren >= BARREN_PASSES || this.#disks >= this.options.disks
  }

  close() {
    return this.checkers.close()
  }

  /** Once over the log, with so many disks at each point that the pass has its share of those that are missing. */
  async #pass(folders, passesLeft) {
    const { before, events } = this.recording
    const storage = new Storage(before, folders)
    const total = this.weights.reduce((sum, weight) => sum + weight, 0)
    const perWeight = (AIM * (this.options.disks - this.#disks)) / passesLeft / total
    let credit = 0
    for (const event of events) {
      credit += this.weights[event.at] * perWeight
      if (credit >= 1) {
        credit = this.#crash(storage, event.at, credit)
        await this.#settle()
        if (this.#mayStop()) return
      }
      storage.see(event)
    }
  }

  /** @returns {number} What is left of the credit: points that have few disks leave theirs to others. */
  #crash(storage, at, credit) {
    const most = Math.min(MOST_TRIES, 1 + storage.pendingCount(this.options.counts) * TRIES_PER_PENDING)
    let left = credit
    for (let tries = 0; tries < most && left >= 1; tries += 1) {
      const choice = { kind: this.random.pick(LANDINGS), seed: this.random.int(2 ** 31) }
      if (this.#visit(storage, { at, folders: storage.folders, ...choice })) left -= 1
    }
    return left
  }

  /** @returns {boolean} Whether it is a disk that wasn't there before. */
  #visit(storage, crash) {
    this.#judged += 1
    return withDisk(storage, landingOf(storage, crash), (nodes) => {
      const counted = short(fingerprintOf(nodes, this.options.counts))
      const isNew = !this.#facts.has(counted)
      const key = isNew || this.random.int(ALIKE_OPENED) > 0 ? counted : short(fingerprintOf(nodes))
      if (!this.#facts.has(key)) this.#facts.set(key, this.#open(key, nodes))
      this.#judgeLater(key, crash)
      if (isNew) this.#disks += 1
      return isNew
    })
  }

  async #open(key, nodes) {
    const folder = join(this.options.scratch, `disk-${this.#opened++}`)
    mkdirSync(folder)
    writeDisk(nodes, folder)
    const facts = await this.checkers.check(folder)
    rmSync(folder, { recursive: true, force: true })
    this.#facts.set(key, facts)
    return facts
  }

  #judgeLater(key, crash) {
    const known = this.#facts.get(key)
    if (!(known instanceof Promise)) return this.#judge(known, crash)
    const judging = known.then((facts) => {
      this.#judge(facts, crash)
      this.#underWay.delete(judging)
    })
    this.#underWay.add(judging)
  }

  #judge(facts, crash) {
    const [what] = wrongWith(facts, crash.at, this.options.judge)
    if (what !== undefined) this.#suspects.push(crash)
  }

  async #settle() {
    while (this.#underWay.size >= this.checkers.depth) await Promise.race(this.#underWay)
    if (this.#suspects.length > 0) await this.#confirm()
    this.options.onProgress?.(this.#disks)
  }

  async #confirm() {
    for (const crash of this.#suspects.splice(0)) {
      if (this.#isEnough()) return
      const { problems } = await judgeAnew(this.recording, crash, this.options)
      if (problems.length > 0) this.#violations.push({ what: problems.join('; '), crash })
      else this.#unconfirmed += 1
    }
  }

  #isEnough() {
    return this.#violations.length >= (this.options.firstOnly ? 1 : MOST_VIOLATIONS)
  }

  #mayStop() {
    return this.#disks >= this.options.disks || this.#isEnough() || (this.options.isOver?.() ?? false)
  }
}

/**
 * Builds one disk anew, and has a fresh process judge it.
 *
 * @param {import('./record.mjs').Recording} recording
 * @param {Crash} crash
 * @param {{ checker: import('./checkers.mjs').Checker, judge: (facts: any, at: number) => readonly string[], scratch: string }} options
 * @returns {Promise<{ problems: readonly string[], facts: any }>}
 */
export const judgeAnew = async (recording, crash, { checker, judge, scratch }) => {
  const folder = join(scratch, 'disk-anew')
  const checkers = new Checkers({ ...checker, processes: 1 }, scratch)
  try {
    rebuild(recording, crash, folder)
    const facts = await checkers.check(folder)
    return { problems: wrongWith(facts, crash.at, judge), facts }
  } finally {
    await checkers.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Writes the disk of one crash into a folder that is made for it. */
export const rebuild = ({ before, events }, crash, folder) => {
  const storage = new Storage(before, crash.folders)
  for (const event of events.slice(0, crash.at)) storage.see(event)
  mkdirSync(folder)
  withDisk(storage, landingOf(storage, crash), (nodes) => writeDisk(nodes, folder))
}

const wrongWith = (facts, at, judge) => [...facts.problems, ...(facts.problems.length > 0 ? [] : judge(facts, at))]

const short = (fingerprint) => hash('sha1', fingerprint, 'base64')

/** How much a crash right before each event is worth. */
const weightsOf = (events) =>
  events.map((event, at) => {
    if (event.kind === 'end' && event.operation.kind === 'sync') return 3
    const previous = events[at - 1]
    if (previous?.kind === 'mark') return 3
    if (previous?.kind === 'end' && CHANGES_NAMES.has(previous.operation.kind)) return 2
    return previous?.kind === 'begin' && previous.operation.kind === 'write' ? 0.5 : 0
  })

const CHANGES_NAMES = new Set(['open', 'rename', 'unlink', 'link', 'make_folder', 'remove_folder'])
