const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPENERS = [0x5b, 0x7b]
const CLOSERS = [0x5d, 0x7d]

/**
 * How deep a JSON text nests lists and objects, read in one pass without recursion. A scalar has depth 0. For text
 * that isn't JSON the number means nothing.
 */
export const jsonDepth = (text: string): number => {
  let depth = 0
  let deepest = 0
  let inString = false
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (inString) {
      if (code === BACKSLASH) at += 1
      else if (code === QUOTE) inString = false
    } else if (code === QUOTE) inString = true
    else if (OPENERS.includes(code)) deepest = Math.max(deepest, ++depth)
    else if (CLOSERS.includes(code)) depth -= 1
  }
  return deepest
}
