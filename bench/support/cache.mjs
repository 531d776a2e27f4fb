import { resolve } from 'node:path'

/** Where compiled programs and downloaded sources are kept between runs. */
export const CACHE = resolve(import.meta.dirname, '../../.tmp/bench')
