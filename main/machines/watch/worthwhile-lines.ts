/** A request that vfkit's REST server answered, as its web framework gin logs it. */
const requestLine = /^\[GIN(-debug)?\]/
/** Headings of the usage text that vfkit's command line library cobra prints after an error; what stands below them is indented. */
const usageHeading = /^(Usage|Flags|Global Flags|Aliases|Examples|Available Commands):/

/**
 * The lines of a helper's log that say what happened to it. Left out are vfkit's log of requests and the usage text that follows each
 * of its errors, since they would push the error itself out of the last lines. Pure.
 */
export function worthwhileLines(log: string): readonly string[] {
  let inUsage = false
  return log.split(/\r?\n/).filter((line) => {
    if (usageHeading.test(line)) inUsage = true
    else if (inUsage && line !== '' && !/^\s/.test(line)) inUsage = false
    return line.trim() !== '' && !inUsage && !requestLine.test(line)
  })
}
