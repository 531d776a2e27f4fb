import type { Context } from 'hono'
import { problemOf, type Problem } from '../problem.js'
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
  const stream = host.streams.open()
  const close = (): void => host.streams.close(stream)
  try {
    const first = await next()
    // A HEAD has no reader who could ever close the stream.
    if (c.req.method === 'HEAD') {
      close()
      return new Response(null, { headers: HEADERS })
    }
    c.req.raw.signal.addEventListener('abort', close, { once: true })
    const chunks = endingWithProblem(follow(first, next, host.pace, stream.signal), (error) => {
      host.onError(error, c.get('requestId'))
      return problemOf(error, c.get('requestId')).problem
    })
    return new Response(bodyOf(chunks, close), { headers: HEADERS })
  } catch (error) {
    close()
    throw error
  }
}

/** What breaks the chunks becomes the last of them. */
async function* endingWithProblem(
  chunks: AsyncIterable<string>,
  describe: (error: unknown) => Problem,
): AsyncGenerator<string, void> {
  try {
    yield* chunks
  } catch (error) {
    yield formatEvent({ event: 'problem', data: describe(error) })
  }
}

/** A body that takes a chunk only when its reader wants one, and tells when it is over, whoever ended it. */
const bodyOf = (chunks: AsyncGenerator<string, void>, onEnd: () => void): ReadableStream<Uint8Array> => {
  const utf8 = new TextEncoder()
  let isCancelled = false
  return new ReadableStream(
    {
      pull: async (controller) => {
        const chunk = await chunks.next()
        if (isCancelled) return
        if (!chunk.done) return controller.enqueue(utf8.encode(chunk.value))
        onEnd()
        controller.close()
      },
      cancel: () => {
        isCancelled = true
        onEnd()
      },
    },
    { highWaterMark: 0 },
  )
}
