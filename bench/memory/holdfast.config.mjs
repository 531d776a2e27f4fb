import { defineConfig, defineTask } from '@holdfast/engine'

/** What the real worker runs in the memory row: jobs that do nothing. */
export default defineConfig({ tasks: [defineTask('bench', {}, () => null)], concurrency: 32 })
