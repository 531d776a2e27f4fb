/** One message of an event stream. */
export interface ServerSentEvent {
  /** What a client sends back as `Last-Event-ID` to go on after this message. */
  readonly id?: number
  readonly event: string
  /** Sent as one line of JSON. */
  readonly data: unknown
}

/** The message as it goes over the wire. JSON has no raw line breaks, so `data` always fits one line. */
export const formatEvent = ({ id, event, data }: ServerSentEvent): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`

/** Keeps proxies and clients from taking silence for death. */
export const HEARTBEAT = ': heartbeat\n\n'

/** Tells an EventSource how soon to connect again after the connection broke. */
export const RETRY = 'retry: 1000\n\n'
