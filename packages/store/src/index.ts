// Operations and their answers
export {
  granted,
  operation,
  query,
  refused,
  type Operation,
  type Refusal,
  type RefusalDetails,
  type Submits,
  type Verdict,
} from './operation.js'
export type { Wire } from './wire.js'

// Errors
export { StoreError, errorCodes, errorOf, refusalOf, type ErrorClass } from './errors.js'
