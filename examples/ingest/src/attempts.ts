/**
 * Attempts at an item. Each death of a worker costs one, whatever killed it, and going on costs little here: a walk
 * resumes behind its last batch, a file is read again. So only a file that itself kills workers runs out of them.
 */
export const MAX_ATTEMPTS = 20
