import type { DurabilityLevel } from '@holdfast/schema'

/** The level of a file when nobody asks for another. */
export const DEFAULT_DURABILITY: DurabilityLevel = 'power'

/** `PRAGMA synchronous` reads back as this number. */
export const SYNCHRONOUS: Readonly<Record<DurabilityLevel, number>> = {
  power: 2, // FULL: one sync per commit. In WAL mode EXTRA does nothing more (measured).
  process: 1, // NORMAL: power loss may take the last commits, never consistency
  none: 0, // OFF: an OS crash may corrupt the file
}
