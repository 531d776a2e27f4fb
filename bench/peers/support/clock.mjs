/** Milliseconds of a clock that all processes of a machine share, so that two of them can measure one interval. */
export const nowMs = () => Number(process.hrtime.bigint()) / 1e6
