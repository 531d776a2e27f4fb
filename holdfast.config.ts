import { defineConfig } from '@holdfast/engine'
import * as memory from '@holdfast/memory/sqlite'

/** What `npm start` runs here. Tasks of your own go beside the ingest: paths, globs, or definitions. */
export default defineConfig({
  tasks: ['./examples/ingest/dist/index.js'],
  modules: [memory],
})
