// The worker without a process of its own: what main.ts runs
export { startWorkerProcess } from './worker-process.js'
