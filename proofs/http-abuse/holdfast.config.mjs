import { defineConfig } from '@holdfast/engine'

export default defineConfig({ tasks: ['./tasks.mjs'] })
