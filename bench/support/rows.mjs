/** Every row of `npm run bench -- all`, in the order in which it runs. */
export const ROWS = [
  'callers',
  'claim',
  'jobs',
  'enqueue',
  'fairness',
  'wakeup',
  'death',
  'checkpoints',
  'wal',
  'memory',
  'ablation',
]
