/** What the API answers with, as far as the commands read it. */
export interface TaskView {
  readonly id: string
  readonly type: string
  readonly state: string
  readonly createdAtMs: number
  readonly finishedAtMs: number | null
  readonly result: unknown
  readonly error: ErrorView | null
}

export interface TaskDetailView extends TaskView {
  readonly counts: Readonly<Record<string, number>>
  readonly progress: { readonly done: number; readonly total: number }
}

export interface ErrorView {
  readonly code?: string
  readonly message?: string
}

export interface WorkItemView {
  readonly id: string
  readonly type: string
  readonly state: string
  readonly attempt: number
  readonly maxAttempts: number
  readonly error: ErrorView | null
}

export interface HitView {
  readonly namespace: string
  readonly key: string
  readonly documentPath: string | null
  readonly headingTrail: string
  readonly snippet: string
}

/** `code: message`, on one line. */
export const errorText = (error: ErrorView | null): string =>
  error ? `${error.code ?? 'error'}: ${error.message ?? ''}`.replace(/\s+/g, ' ') : ''
