import { boundaries } from './boundaries.mjs'
import { build } from './build.mjs'
import { formatAndLint } from './format-and-lint.mjs'
import { layering } from './layering.mjs'
import { publishedPackages } from './published-packages.mjs'
import { schemaDrift } from './schema-drift.mjs'
import { testTypes } from './test-types.mjs'
import { typeAwareLint } from './type-aware-lint.mjs'
import { unused } from './unused.mjs'

/** Every gate, in the order that tells a developer most at the least cost. Type-aware lint reads what build makes. */
export const GATES = [
  formatAndLint,
  build,
  typeAwareLint,
  testTypes,
  boundaries,
  layering,
  unused,
  schemaDrift,
  publishedPackages,
]
