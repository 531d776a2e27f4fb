/** Fails unless the text is in the source exactly once; `file` is for the message. */
export const once = (source, text, file) => {
  const found = source.split(text).length - 1
  if (found !== 1) throw new Error(`${file} holds the text to be changed ${found} times, not once: ${text}`)
}
