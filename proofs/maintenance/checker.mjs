import { SCENARIOS } from './scenarios.mjs'

/** Judges disks of one scenario; see `checkers.mjs` of the power-loss proof. */
export const checking = ({ name, before, after }) => {
  const scenario = SCENARIOS[name]
  return (folder) => {
    try {
      return scenario.check(folder, { before, after })
    } catch (error) {
      return { problems: [`${error.code ?? error.name}: ${error.message}`], isNew: false }
    }
  }
}
