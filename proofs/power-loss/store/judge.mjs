/**
 * What is wrong with a disk at level `power`: something is missing that was acknowledged before the power went.
 *
 * @param {import('./checker.mjs').Facts} facts
 */
export const judgePower = ({ missing: [first] }, at) =>
  first !== undefined && first.at < at
    ? [`acknowledged at ${first.at}, missing after a crash at ${at}: ${first.what}`]
    : []

/**
 * What is wrong with a disk at level `process`: it has something, and lacks something that was acknowledged before that
 * was asked for. The last ones may be missing, and none in between.
 *
 * @param {import('./checker.mjs').Facts} facts
 */
export const judgeProcess = ({ missing: [first], latest }) =>
  first !== undefined && latest !== null && first.at < latest.at
    ? [
        `acknowledged at ${first.at} and missing, though asked for at ${latest.at} is there: ${first.what}; ${latest.what}`,
      ]
    : []
