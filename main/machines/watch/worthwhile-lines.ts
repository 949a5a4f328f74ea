/** A request that vfkit's REST server answered, as its web framework gin logs it. */
const requestLine = /^\[GIN(-debug)?\]/
/** Headings of the usage text that vfkit's command line library cobra prints after an error; what stands below them is indented. */
const usageHeading = /^(Usage|Flags|Global Flags|Aliases|Examples|Available Commands):/

/**
 * The lines of a helper's log that say what happened to it. Left out are vfkit's log of requests, the usage text that follows each
 * of its errors, and the error again after that, since they would push the error itself out of the last lines. Pure.
 */
export function worthwhileLines(log: string): readonly string[] {
  let inUsage = false
  let error: string | undefined
  return log.split(/\r?\n/).filter((line) => {
    if (usageHeading.test(line)) inUsage = true
    else if (inUsage && line !== '' && !/^\s/.test(line)) inUsage = false
    if (line.startsWith('Error: ')) error = line.slice('Error: '.length)
    return line.trim() !== '' && !inUsage && !requestLine.test(line) && line !== error
  })
}
