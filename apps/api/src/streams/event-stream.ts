import type { Context } from 'hono'
import { problemOf } from '../problem.js'
import { follow, type Batch, type Pace } from './follow.js'
import type { OpenStreams } from './open-streams.js'
import { formatEvent } from './server-sent-event.js'

/** What a stream needs from the server around it. */
export interface StreamHost {
  readonly streams: OpenStreams
  readonly pace: Pace
  /** Told of what breaks a stream that has begun: its status is sent by then. */
  readonly onError: (error: unknown, requestId: string) => void
}

const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  // nginx would collect the stream instead of passing it on.
  'X-Accel-Buffering': 'no',
}

/**
 * Answers with server-sent events: looks at the store by `next`, at the reader's pace, until nothing will follow, the
 * client leaves or the server stops. A failure in between is sent as a last `problem` event.
 *
 * @throws Whatever the first look refuses, as a plain response; `http.too_many_streams` (429).
 * @see WHATWG HTML, section 9.2: Server-sent events
 */
export const eventStream = async (c: Context, host: StreamHost, next: () => Promise<Batch>): Promise<Response> => {
  const first = await next()
  // A HEAD has no reader who could ever close the stream.
  if (c.req.method === 'HEAD') return new Response(null, { headers: HEADERS })

  const requestId: string = c.get('requestId')
  const stream = host.streams.open()
  const chunks = follow(first, next, host.pace, stream.signal)
  const close = (): void => host.streams.close(stream)
  c.req.raw.signal.addEventListener('abort', close, { once: true })

  const utf8 = new TextEncoder()
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const chunk = await chunks.next()
          if (!chunk.done) return controller.enqueue(utf8.encode(chunk.value))
        } catch (error) {
          host.onError(error, requestId)
          const { problem } = problemOf(error, requestId)
          controller.enqueue(utf8.encode(formatEvent({ event: 'problem', data: problem })))
        }
        close()
        controller.close()
      },
      cancel: close,
    },
    // Nothing is made ahead of the reader.
    { highWaterMark: 0 },
  )
  return new Response(body, { headers: HEADERS })
}
