import { setTimeout as sleep } from 'node:timers/promises'

/** Clients that submit at once, and how large a task makes the file. */
const CLIENTS = 4
const CHARACTERS = 40_000
/** More submissions than any of the disks has room for. */
const MOST_ROUNDS = 400
/** How long it stays full: workers poll, sweep and beat their hearts against it meanwhile. */
const FULL_MS = 3_000
/** What a full disk may add to the logs of both programs in that time. */
const MOST_LINES = 60
const RECOVERY_MS = 30_000
/**
 * Health tells of the API's last write. Where a heartbeat has still found the room that a task doesn't, it says `ok` until
 * the next refusal; a heartbeat comes every few seconds, a look five times a second.
 */
const MOST_LOOKS_AT_WELL = 1

/**
 * Fills the disk under running programs, leaves it full for a while, makes room, and looks whether they go on.
 *
 * @param {import('../failing-disk/real-programs.mjs').RealPrograms} programs
 * @param {{ isFull?: () => boolean, fill: () => void, free: () => void }} disk
 */
export const fillAndFree = async (programs, { fill, free }, figures) => {
  fill()
  const before = programs.counts['store.disk_full'] ?? 0
  const refusals = () => (programs.counts['store.disk_full'] ?? 0) - before
  for (let round = 0; round < MOST_ROUNDS && refusals() === 0 && programs.violations.length === 0; round += 1)
    await programs.submit(CLIENTS, CHARACTERS)
  if (refusals() === 0) programs.violations.push({ what: 'nothing was refused, however much was submitted' })

  const lines = programs.logged
  const untilMs = performance.now() + FULL_MS
  let well = 0
  while (performance.now() < untilMs) {
    const health = await programs.mustRead('while the disk was full')
    const accepted = await programs.submit(CLIENTS, CHARACTERS)
    well = health?.status === 'ok' && accepted === 0 ? well + 1 : 0
    if (well > MOST_LOOKS_AT_WELL)
      programs.violations.push({ what: '/health says ok, look after look, while writes are refused' })
    await sleep(200)
  }
  const logged = programs.logged - lines
  if (logged > MOST_LINES)
    programs.violations.push({ what: `${logged} lines were logged in ${FULL_MS} ms of a full disk` })
  figures.mostLinesLogged = Math.max(figures.mostLinesLogged ?? 0, logged)

  free()
  const recoveryMs = await programs.recovered(RECOVERY_MS)
  figures.longestRecoveryMs = Math.max(figures.longestRecoveryMs ?? 0, Math.round(recoveryMs))
  const health = await programs.mustRead('with room again')
  if (health?.status !== 'ok') programs.violations.push({ what: `/health says ${health?.status} with room again` })
}
