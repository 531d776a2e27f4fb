export {
  crashExplorer,
  type CrashExploration,
  type CrashExplorerOptions,
  type CrashOutcome,
  type CrashViolation,
  type ExploredRun,
} from './crash-explorer.js'
export type { CrashMoment, CrashPoint, TaskEnd } from './run.js'
