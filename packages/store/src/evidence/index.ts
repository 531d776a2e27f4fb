// Verification of checkpoints: touches files, so it lives apart from the browser-safe root
export { verifyCheckpoint, rollbackTo, type Verification, type VerifyOptions } from './verify-checkpoint.js'
export { verifyEvidence, type EvidenceOptions, type FindsRows } from './verify-evidence.js'
