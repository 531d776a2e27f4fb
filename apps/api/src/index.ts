// The API without a process: a Hono app over an opened store
export { createApi, type ApiOptions } from './server.js'

// What callers see
export { PROBLEM_KINDS, problemKind, type ProblemKind, type ProblemStatus } from './problem-kinds.js'
export type { Issue, Problem } from './problem.js'
export type { CheckpointView } from './views/checkpoint.js'
export type { EventView } from './views/event.js'
export type { Progress } from './views/progress.js'
export type { TaskSummaryView, TaskView } from './views/task.js'
export type { WorkItemSummaryView, WorkItemView } from './views/work-item.js'
export type { ProgressSnapshot } from './routes/watch.js'

// What its requests may take together
export { BodyBudget, MAX_KEPT_BYTES, type KeptBody } from './guards/body-budget.js'

// Its streams
export { MAX_STREAMS, OpenStreams } from './streams/open-streams.js'
export { PACE, type Pace } from './streams/follow.js'
