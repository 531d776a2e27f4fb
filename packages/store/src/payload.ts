/** A value as it is stored: its text, how it is encoded, and the size of its JSON in bytes. */
export interface Payload {
  /** JSON text where `encoding` is `json`; otherwise base64 of what the codec made. */
  readonly data: string
  readonly encoding: string
  readonly rawBytes: number
}
