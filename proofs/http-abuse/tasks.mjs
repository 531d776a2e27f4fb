import { defineTask } from '@holdfast/engine'

/** Takes anything, and gives it back: whatever an abuser gets past the API ends in the database. */
export const echo = defineTask('echo', {}, async (_ctx, input) => input)

/** A schema of a user's own, by hand: what doesn't fit is refused with issues. */
const named = {
  '~standard': {
    version: 1,
    vendor: 'proof',
    validate: (value) =>
      typeof value?.name === 'string' ? { value } : { issues: [{ message: 'name must be a text', path: ['name'] }] },
  },
}

export const greet = defineTask('greet', { input: named }, async (_ctx, { name }) => `hello ${name}`)
