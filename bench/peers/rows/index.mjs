import { backlogs } from './backlog.mjs'
import { enqueueBulk, enqueueOne } from './enqueue.mjs'
import { idle, idleCpu } from './idle.mjs'
import { jobs, jobsFour } from './jobs.mjs'
import { kill } from './kill.mjs'
import { size } from './size.mjs'

/**
 * One figure of a variant, measured once.
 *
 * @typedef {{ value: number, note?: string } | { beyond: number, note?: string }} Figure
 *   `beyond`: it took longer than this, and nobody waited any more.
 *
 * @typedef {object} Row
 * @property {string} name
 * @property {string} title
 * @property {string} unit
 * @property {boolean} [lowerIsBetter]
 * @property {boolean} [oncePerLevel] Holdfast runs once a round for all variants of one durability level, instead of
 *   before each of them: for rows whose set-up takes longer than what is measured.
 * @property {boolean} [atOnce] All variants at the same time, for rows that are nothing but waiting.
 * @property {number} [rounds] However many were asked for.
 * @property {boolean} [fullOnly]
 * @property {boolean} [asShippedOnly] Only the variant that a newcomer gets.
 * @property {(peer: object) => string | undefined} [whyNot] Why a peer has no such figure.
 * @property {(subject: object, options: object) => Promise<Figure>} measure
 */

/** @type {readonly Row[]} */
export const ROWS = [enqueueOne, enqueueBulk, jobs, jobsFour, ...backlogs, idle, idleCpu, kill, size]

/** The rows that a name stands for: `backlog` is all of its depths. */
export const rowsNamed = (name) =>
  ROWS.filter((row) => row.name === name || (row.name.startsWith(`${name}-`) && name === 'backlog'))
